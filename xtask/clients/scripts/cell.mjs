// What both TypeScript clients share: reading the plan, trying each way, printing one line of JSON for each.

const WAY_MS = 60_000;

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${WAY_MS} ms`)), WAY_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function stdioParameters(way) {
  const [command, ...args] = way.command;
  return { command, args, env: { ...process.env }, stderr: 'inherit' };
}

export async function play(open, protocol) {
  const plan = JSON.parse(process.argv[2]);
  for (const way of plan.ways) {
    const { client, transport } = open(plan, way);
    let report;
    try {
      await within(client.connect(transport));
      const { tools } = await within(client.listTools());
      const result = await within(client.callTool({ name: plan.tool, arguments: plan.arguments }));
      report = {
        protocol: String(protocol(client, transport)),
        tools: tools.map((tool) => tool.name),
        text: result.content.map((block) => block.text ?? block.type),
        is_error: result.isError === true,
      };
    } catch (error) {
      report = { error: String(error).slice(0, 600) };
    }
    await within(client.close()).catch(() => {});
    console.log(JSON.stringify({ way: way.name, ...report }));
  }
  process.exit(0);
}
