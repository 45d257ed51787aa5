import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { buildSite } from './build.ts';

const API = {
  tags: [{ name: 'status', description: 'What the node is' }],
  paths: {
    '/v1/status': {
      get: {
        operationId: 'status',
        tags: ['status'],
        summary: 'How it is',
        responses: { 404: { $ref: '#/components/responses/404.node.unknown' } },
      },
    },
  },
};

function site(documents: Readonly<Record<string, string>>) {
  return buildSite(
    new Map([
      ['README.md', '# One\n\nIt is [a guide](docs/guides/a.md#second-part).\n'],
      ['docs/guides/a.md', '# A guide\n\nSays so. And more.\n\n## Second part\n\nText.\n'],
      ['docs/guides/api.md', '# Api\n'],
      ['docs/guides/exit-codes.md', '# Exit codes\n'],
      ['docs/reference/artifacts.md', '# Artifacts\n'],
      ['protocol/schemas/openapi.json', JSON.stringify(API)],
      ['tools/pack/Dockerfile', ''],
      ['law/src/a.ts', "const codes = ['node.old', 'node.gone'];"],
      ...Object.entries(documents),
    ]),
  );
}

test('a link that leads to nothing is a problem, with its place', () => {
  deepEqual(site({}).problems, []);
  const text =
    '# B\n\n[none](none.md), [gone](a.md#gone),\n[up](../../x/) [web](https://a.example/)\n';
  deepEqual(site({ 'docs/guides/b.md': text }).problems, [
    'docs/guides/b.md:3: none.md leads to nothing',
    'docs/guides/b.md:3: a.md#gone leads to no heading',
    'docs/guides/b.md:4: ../../x/ leads to nothing',
  ]);
});

test('headings that leave out a level, HTML and images are problems', () => {
  const text = '## B\n\n#### Deep\n\n<script>1</script>\n\n![x](y.png)\n';
  const { problems } = site({ 'docs/guides/b.md': text });
  equal(problems.length, 5);
  match(problems.join('\n'), /0 headings of the first level/);
  match(problems.join('\n'), /leaves out a level of headings before: Deep/);
  match(problems.join('\n'), /holds HTML: <script>/);
  match(problems.join('\n'), /holds an image/);
});

test('what is said about executing a block is shown to nobody, and moves no line', () => {
  const said = '<!-- run: before: mkdir a\ncd a -->\n';
  const text = `# B\n\n${said}\`\`\`sh\nls\n\`\`\`\n\n[none](none.md)\n`;
  const { problems, files } = site({ 'docs/guides/b.md': text });
  deepEqual(problems, ['docs/guides/b.md:9: none.md leads to nothing']);
  doesNotMatch(files.get('guides/b.html') ?? '', /mkdir a/);
});

test('what looks like markup in a text is text', () => {
  const text = '# B <b>\n\n`<script>` and\n\n```sh\necho "<img src=x>" &\n```\n';
  const page = site({ 'docs/guides/b.md': text }).files.get('guides/b.html') ?? '';
  const [, main = ''] = page.split('<main');
  doesNotMatch(main, /<(script|img|b)\b/);
  match(main, /echo &quot;&lt;img src=x&gt;&quot; &amp;/);
});

test('pages stand in the navigation, the index and llms.txt, with links that lead there', () => {
  const more = {
    'docs/guides/b.md': '# B\n\n[file](../../tools/pack/Dockerfile) [up](../../README.md)\n',
  };
  const { files } = site(more);
  const home = files.get('index.html') ?? '';
  match(home, /<a href="guides\/a\.html#second-part">a guide<\/a>/);
  match(home, /<a href="index\.html" aria-current="page">One<\/a>/);
  match(home, /<h1 id="one">One<\/h1>/);
  const guide = files.get('guides/b.html') ?? '';
  match(guide, /<span class="repository" title="[^"]+Dockerfile">file<\/span>/);
  match(guide, /<a href="\.\.\/index\.html">up<\/a>/);
  match(guide, /<a href="a\.html">A guide<\/a>/);
  const rows = JSON.parse(files.get('search-index.json') ?? '[]') as string[][];
  ok(rows.some((row) => row.join() === 'guides/a.html#second-part,A guide,Second part,Text.'));
  match(files.get('llms.txt') ?? '', /^# IOI\n\n> It is a guide\.\n/);
  match(files.get('llms.txt') ?? '', /- \[A guide\]\(guides\/a\.html\): Says so\.\n/);
  match(files.get('llms-full.txt') ?? '', /<!-- docs\/guides\/a\.md -->\n\n# A guide\n/);
});

test('reference pages are made of the protocol', () => {
  const { files } = site({
    'docs/guides/b.md': '# B\n\n| refused as | |\n|---|---|\n| `node.gone`, `.old` | x |\n',
  });
  match(
    files.get('reference/api.html') ?? '',
    /GET \/v1\/status[\s\S]*How it is[\s\S]*node\.unknown/,
  );
  const errors = files.get('reference/errors.html') ?? '';
  match(errors, /<code>node\.unknown<\/code><\/td>\n<td><code>GET \/v1\/status<\/code>/);
  match(
    errors,
    /<code>node\.old<\/code><\/td>\n<td><\/td>\n<td><a href="\.\.\/guides\/b\.html">b<\/a>/,
  );
});
