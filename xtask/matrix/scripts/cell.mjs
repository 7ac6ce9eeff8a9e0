// What every JavaScript client shares: reading the plan, trying each way step by step, printing one line of JSON for each.
// A client is an object with the methods `connect`, `names`, `call`, `read`, `prompt`, `protocol` and `close`.

const STEP_MS = 30_000;

// What every client answers when it is asked during a call.
export const PERSON = { name: 'Ada Doorward' };
export const SAMPLED = 'a sampled answer';
export const elicited = () => ({ action: 'accept', content: PERSON });
export const sampled = () => ({ role: 'assistant', model: 'a-model', content: { type: 'text', text: SAMPLED } });

const METHODS = { call: 'call', ask: 'call', sample: 'call', read: 'read', prompt: 'prompt' };

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${STEP_MS} ms`)), STEP_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const said = (error) => String(error?.cause ? `${error}: ${error.cause}` : error).slice(0, 600);

async function attempt(work) {
  try {
    return { ok: await within(work()) };
  } catch (error) {
    return { error: said(error) };
  }
}

// The text of a tool's result; a tool that says it failed did not answer.
export function answer(result) {
  const text = (result.content ?? []).map((block) => block.text ?? block.type).join('\n');
  if (result.isError === true) throw new Error(`the tool failed: ${text}`);
  return text;
}

export const contents = (result) => result.contents.map((item) => item.text ?? item.blob).join('\n');
export const messages = (result) => result.messages.map(({ content }) => content.text ?? content.type).join('\n');

// What goes with every HTTP request: who we are, where the way's end wants to know.
export const requestInit = (way) => ({ headers: way.headers ?? {} });

export function stdioParameters(way) {
  const [command, ...args] = way.command;
  return { command, args, env: { ...process.env }, stderr: 'inherit' };
}

// The steps that both SDKs of the project have in common.
export function sdkClient(client, transport, protocol) {
  return {
    connect: () => client.connect(transport),
    names: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, args) => answer(await client.callTool({ name, arguments: args })),
    read: async (uri) => contents(await client.readResource({ uri })),
    prompt: async (name, args) => messages(await client.getPrompt({ name, arguments: args ?? undefined })),
    protocol: () => String(protocol()),
    close: () => client.close(),
  };
}

export async function play(open) {
  const plan = JSON.parse(process.argv[2]);
  for (const way of plan.ways) {
    const report = { way: way.name };
    const client = open(plan, way);
    const connected = await attempt(() => client.connect());
    if (connected.error === undefined) {
      report.steps = { list: await attempt(() => client.names()) };
      report.protocol = client.protocol();
      for (const [step, method] of Object.entries(METHODS)) {
        const able = !(client.cannot ?? []).includes(step);
        if (way[step] && able) report.steps[step] = await attempt(() => client[method](...way[step]));
      }
    } else {
      report.error = connected.error;
    }
    const closed = await attempt(() => client.close());
    if (closed.error !== undefined) report.error ??= closed.error;
    console.log(JSON.stringify(report));
  }
  process.exit(0);
}
