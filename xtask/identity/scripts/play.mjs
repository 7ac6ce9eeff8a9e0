// Drives the gateway with tokens of a real authorization server. Prints one line of JSON for each check.
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { CALLBACK, Issuer, publicJwk, signIn } from './issuer.mjs';
import { Gateway, pause } from './gateway.mjs';

const [program, folder] = process.argv.slice(2);
const same = (found, wanted, what) => {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
};
const has = (text, part) => {
  if (!(text ?? '').includes(part)) throw new Error(`${JSON.stringify(text)} does not hold ${JSON.stringify(part)}`);
};
const challengeOf = (answer) => answer.headers.get('www-authenticate');

async function check(name, work) {
  let failed = null;
  try { await work(); } catch (error) { failed = String(error?.stack ?? error); }
  console.log(JSON.stringify({ name, passed: failed === null, ...(failed && { failed }) }));
}

const corp = await new Issuer('jwt').start();
const opaque = await new Issuer('opaque').start();
const stranger = await new Issuer('jwt').start();
const gateway = await Gateway.start(program, join(folder, 'gateway'), [
  { name: 'corp', url: corp.url },
  { name: 'opaque', url: opaque.url, asked: true },
]);
const notes = `${gateway.url}/s/notes/mcp`;
const tokenOf = async (issuer, resource, scope) => (await issuer.machineToken(resource, scope)).access_token;

await check('from a challenge to a call', async () => {
  const refused = await gateway.call('read', {});
  same(refused.status, 401, 'without a token');
  const place = /resource_metadata="([^"]+)"/.exec(challengeOf(refused))[1];
  const metadata = await (await fetch(place)).json();
  same(metadata.resource, notes, 'resource');
  same(metadata.authorization_servers[0], corp.url, 'authorization server');
  const token = await tokenOf(corp, metadata.resource, 'files:read');
  const answer = await gateway.bearer('read', token);
  same(answer.status, 200, 'with a token');
  has(await answer.text(), 'one note');
});

await check('a token for the whole gateway', async () => {
  const token = await tokenOf(corp, gateway.url, 'files:read');
  same((await gateway.bearer('read', token)).status, 200, 'status');
});

await check('a token for another resource', async () => {
  for (const resource of ['https://other.example/mcp', `${gateway.url}/s/other/mcp`, 'http://127.0.0.1:1/s/notes/mcp']) {
    const answer = await gateway.bearer('read', await tokenOf(corp, resource, 'files:read'));
    same(answer.status, 401, resource);
    has(challengeOf(answer), 'error="invalid_token"');
  }
});

await check('a token of another issuer', async () => {
  const answer = await gateway.bearer('read', await tokenOf(stranger, notes, 'files:read'));
  same(answer.status, 401, 'status');
  has(challengeOf(answer), 'error="invalid_token"');
});

await check('a token without a resource', async () => {
  // oidc-provider makes it opaque and for nobody in particular.
  const token = (await opaque.machineToken(undefined, undefined)).access_token;
  same((await gateway.bearer('read', token)).status, 401, 'status');
});

await check('an opaque token until it is revoked', async () => {
  const token = await tokenOf(opaque, notes, 'files:read');
  same(token.split('.').length, 1, 'parts of the token');
  same((await gateway.bearer('read', token)).status, 200, 'before');
  await opaque.revoke(token);
  for (let tries = 0; tries < 50; tries++) {
    if ((await gateway.bearer('read', token)).status === 401) return;
    await pause(100);
  }
  throw new Error('still taken five seconds after it was revoked');
});

const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const proof = (method, url, token, key = holder) => new SignJWT({
  htm: method, htu: url, jti: randomUUID(), ...(token && { ath: createHash('sha256').update(token).digest('base64url') }),
}).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(key.privateKey) }).setIssuedAt().sign(key.privateKey);

await check('a bound token with, without, with a wrong and with a used proof', async () => {
  const issued = await corp.machineToken(notes, 'files:read', { dpop: await proof('POST', `${corp.url}/token`) });
  same(issued.token_type, 'DPoP', 'type');
  const token = issued.access_token;
  const show = (dpop) => gateway.call('read', { authorization: `DPoP ${token}`, ...(dpop && { dpop }) });
  const good = await proof('POST', notes, token);
  same((await show(good)).status, 200, 'with its proof');
  for (const [name, dpop] of [
    ['used', good],
    ['of another key', await proof('POST', notes, token, generateKeyPairSync('ec', { namedCurve: 'P-256' }))],
    ['for another address', await proof('POST', `${gateway.url}/mcp`, token)],
    ['for another method', await proof('GET', notes, token)],
    ['for another token', await proof('POST', notes, 'other')],
  ]) {
    const answer = await show(dpop);
    same(answer.status, 401, name);
    has(challengeOf(answer), 'error="invalid_dpop_proof"');
  }
  same((await show(null)).status, 401, 'without');
  same((await gateway.bearer('read', token)).status, 401, 'as a bearer token');
});

await check('more scopes on the way', async () => {
  const refused = await gateway.bearer('write', await tokenOf(corp, notes, 'files:read'));
  same(refused.status, 403, 'status');
  has(challengeOf(refused), 'error="insufficient_scope"');
  const scope = /scope="([^"]+)"/.exec(challengeOf(refused))[1];
  same(scope, 'files:write', 'scope');
  same((await gateway.bearer('write', await tokenOf(corp, notes, scope))).status, 200, 'with more');
});

// What a desktop program keeps between its steps.
class Desktop {
  constructor() { this.asked = []; }
  get redirectUrl() { return CALLBACK; }
  get clientMetadata() { return { client_name: 'check', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }; }
  clientInformation() { return { client_id: 'desktop' }; }
  tokens() { return this.kept; }
  saveTokens(tokens) { this.kept = tokens; }
  async redirectToAuthorization(url) { this.asked.push(url); }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }
}

await check('the official SDK signs in by itself and asks for more when it is told to', async () => {
  const desktop = new Desktop();
  const transport = () => new StreamableHTTPClientTransport(new URL(notes), { authProvider: desktop });
  const wanted = (error) => { if (!(error instanceof UnauthorizedError)) throw error; };
  const first = transport();
  await new Client({ name: 'check', version: '1' }).connect(first).then(() => { throw new Error('connected without a token'); }, wanted);
  same(desktop.asked[0].searchParams.get('resource'), notes, 'resource asked for');
  same(desktop.asked[0].searchParams.get('scope'), 'files:read', 'scope asked for');
  same(desktop.asked[0].searchParams.get('code_challenge_method'), 'S256', 'PKCE');
  await first.finishAuth(await signIn(desktop.asked[0]));
  const client = new Client({ name: 'check', version: '1' });
  const second = transport();
  await client.connect(second);
  same((await client.callTool({ name: 'read', arguments: {} })).content[0].text, 'one note', 'read');
  await client.callTool({ name: 'write', arguments: {} }).then(() => { throw new Error('written without the scope'); }, wanted);
  has(desktop.asked[1].searchParams.get('scope'), 'files:write');
  await second.finishAuth(await signIn(desktop.asked[1]));
  same((await client.callTool({ name: 'write', arguments: {} })).content[0].text, 'written', 'write');
  await client.close();
});

await check('keys that change while the gateway runs', async () => {
  const old = await tokenOf(corp, notes, 'files:read');
  same((await gateway.bearer('read', old)).status, 200, 'before');
  corp.rotate();
  const renewed = await tokenOf(corp, notes, 'files:read');
  let status = 401;
  for (let tries = 0; tries < 100 && status === 401; tries++) {
    status = (await gateway.bearer('read', renewed)).status;
    await pause(100);
  }
  same(status, 200, 'of the new key');
  same((await gateway.bearer('read', old)).status, 401, 'of the key that has gone');
});

await gateway.stop();
await check('no secret in the log', async () => {
  for (const secret of ['secret-of-this-run', 'eyJ']) same(gateway.log.includes(secret), false, secret);
});
for (const issuer of [corp, opaque, stranger]) issuer.stop();
