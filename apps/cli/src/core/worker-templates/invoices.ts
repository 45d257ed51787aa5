import type { WorkerTemplate } from './template.ts';

const FIRST = 'item;quantity;price\nPaper;4;2.50\nPens;10;0.99\n';
const SECOND = 'item;quantity;price\nChair;1;149.00\n';
const SUMMARY = 'invoice;total\na.csv;19.90\nb.csv;149.00\nall;168.90\n';

/** Works on files alone: money is counted in whole cents. */
export const INVOICES: WorkerTemplate = {
  about: 'Adds up invoices in a folder and writes a summary beside them.',
  capabilities: ['prim:fs.read', 'prim:fs.write'],
  cases: [
    {
      task: 'total',
      input: { folder: 'invoices' },
      files: { 'invoices/a.csv': FIRST, 'invoices/b.csv': SECOND },
      output: { invoices: 2, total: '168.90' },
      leaves: { 'invoices/summary.csv': SUMMARY },
    },
    {
      task: 'total',
      input: { folder: 'invoices' },
      files: { 'invoices/a.csv': 'item;quantity;price\nPaper;4;2.5O\n' },
      fails: 'worker.raised',
    },
  ],
  python: (name) => `import re
from ioi_sdk import Agent

agent = Agent(name="${name}")


def cents(price: str, place: str) -> int:
    if not re.fullmatch(r"[0-9]+\\.[0-9]{2}", price):
        raise ValueError(f"{place}: {price} is no price")
    return int(price.replace(".", ""))


def shown(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


@agent.task
def total(folder: str) -> dict[str, int | str]:
    names = [name for name in agent.fs.list(folder) if name.endswith(".csv")]
    totals = {}
    for name in names:
        if name == "summary.csv":
            continue
        lines = agent.fs.read(f"{folder}/{name}").splitlines()[1:]
        rows = [line.split(";") for line in lines]
        totals[name] = sum(
            int(quantity) * cents(price, f"{name}:{at + 2}")
            for at, (_, quantity, price) in enumerate(rows)
        )
    whole = sum(totals.values())
    rows = [f"{name};{shown(each)}" for name, each in totals.items()]
    summary = ["invoice;total", *rows, f"all;{shown(whole)}", ""]
    agent.fs.write(f"{folder}/summary.csv", "\\n".join(summary))
    return {"invoices": len(totals), "total": shown(whole)}
`,
  typescript: (name) => `import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('${name}');
const input = {
  type: 'object',
  properties: { folder: { type: 'string' } },
  required: ['folder'],
  additionalProperties: false,
};
const output = {
  type: 'object',
  properties: { invoices: { type: 'integer' }, total: { type: 'string' } },
  required: ['invoices', 'total'],
  additionalProperties: false,
};

function cents(price: string, place: string): number {
  if (/^[0-9]+\\.[0-9]{2}$/.test(price)) return Number(price.replace('.', ''));
  throw new Error(\`\${place}: \${price} is no price\`);
}

const shown = (amount: number): string =>
  \`\${Math.trunc(amount / 100)}.\${String(amount % 100).padStart(2, '0')}\`;

agent.task<{ folder: string }>('total', { input, output }, async ({ folder }) => {
  const names = (await agent.fs.list(folder)).filter((name) => name.endsWith('.csv'));
  const totals = new Map<string, number>();
  for (const name of names.filter((each) => each !== 'summary.csv')) {
    const lines = (await agent.fs.read(\`\${folder}/\${name}\`)).split('\\n').slice(1);
    let sum = 0;
    for (const [at, line] of lines.filter((each) => each !== '').entries()) {
      const [, quantity = '', price = ''] = line.split(';');
      sum += Number(quantity) * cents(price, \`\${name}:\${at + 2}\`);
    }
    totals.set(name, sum);
  }
  const whole = [...totals.values()].reduce((sum, each) => sum + each, 0);
  const rows = [...totals].map(([name, each]) => \`\${name};\${shown(each)}\`);
  const summary = ['invoice;total', ...rows, \`all;\${shown(whole)}\`, ''];
  await agent.fs.write(\`\${folder}/summary.csv\`, summary.join('\\n'));
  return { invoices: totals.size, total: shown(whole) };
});

await agent.run();
`,
};
