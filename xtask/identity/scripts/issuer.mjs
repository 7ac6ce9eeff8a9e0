// An authorization server (oidc-provider) that can change its keys while it runs, and signs everybody in as alice.
import { createServer } from 'node:http';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

export const GATEWAY_CLIENT = ['gateway', 'gateway-secret-of-this-run'];
export const MACHINE = ['machine', 'machine-secret-of-this-run'];
export const CALLBACK = 'http://127.0.0.1:9/callback';

const key = (kid) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
};

export class Issuer {
  constructor(format) {
    this.format = format;
    this.keys = [key('one')];
    this.server = createServer((request, response) => this.handle(request, response));
  }

  async start() {
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    this.renew();
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  // The old key is gone from then on.
  rotate() {
    this.keys = [key('two')];
    this.renew();
  }

  renew() {
    this.provider = new Provider(this.url, {
      jwks: { keys: this.keys },
      clients: [
        { client_id: GATEWAY_CLIENT[0], client_secret: GATEWAY_CLIENT[1], grant_types: [], redirect_uris: [], response_types: [] },
        { client_id: MACHINE[0], client_secret: MACHINE[1], grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
        {
          client_id: 'desktop', token_endpoint_auth_method: 'none', application_type: 'native',
          redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
        },
      ],
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      clientAuthMethods: ['client_secret_basic', 'none'],
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      cookies: { keys: ['cookies-of-this-run'] },
      pkce: { required: () => true },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        introspection: { enabled: true, allowedPolicy: () => true },
        revocation: { enabled: true, allowedPolicy: () => true },
        dPoP: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => undefined,
          useGrantedResource: () => true,
          getResourceServerInfo: (_, resource) => ({
            scope: 'files:read files:write',
            audience: resource,
            accessTokenTTL: 300,
            accessTokenFormat: this.format,
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    });
    this.callback = this.provider.callback();
  }

  async handle(request, response) {
    if (!request.url.startsWith('/interaction/')) return this.callback(request, response);
    const { prompt, params, session, grantId } = await this.provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      return this.provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
    }
    const grant = grantId
      ? await this.provider.Grant.find(grantId)
      : new this.provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const { missingOIDCScope, missingResourceScopes } = prompt.details;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
      grant.addResourceScope(resource, scopes.join(' '));
    }
    return this.provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  }

  // A token for the program itself.
  async machineToken(resource, scope, headers = {}) {
    const body = { grant_type: 'client_credentials', scope, ...(resource && { resource }) };
    return this.post('/token', MACHINE, body, headers);
  }

  async revoke(token) {
    await this.post('/token/revocation', MACHINE, { token });
  }

  async post(path, [id, secret], body, headers = {}) {
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST', headers: { authorization, ...headers }, body: new URLSearchParams(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }
}

// What a browser does between the address a client opens and the code it gets back.
export async function signIn(start) {
  const cookies = new Map();
  let url = new URL(start);
  for (let step = 0; step < 12; step++) {
    if (url.href.startsWith(CALLBACK)) return url.searchParams.get('code');
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      value ? cookies.set(name, value) : cookies.delete(name);
    }
    const next = answer.headers.get('location');
    if (!next) throw new Error(`sign-in stopped at ${url.pathname}: ${answer.status} ${await answer.text()}`);
    url = new URL(next, url);
  }
  throw new Error('sign-in did not end');
}

export function publicJwk(privateKey) {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty, crv, x, y };
}
