import { Code } from 'typebox/compile';
import type { ArtifactDeclaration } from '../src/artifacts/artifact.ts';

const HEADER = '// Emitted by `npm run generate` from src/artifacts. Do not edit.\n';

const COUNT = `
function codePointCount(text) {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
`;

/** Source of src/generated/validators.ts: plain functions, no `Function`, no schema library. */
export function emitValidators(artifacts: readonly ArtifactDeclaration[]): string {
  const parts = artifacts.map(emitValidator);
  const names = artifacts.map((each) => each.name).sort();
  const list = names.map((name) => `  ${name},\n`).join('');
  const imports = `import type {\n${list}} from '../types.ts';\n`;
  return `// @ts-nocheck\n${HEADER}${imports}${COUNT}\n${parts.join('\n')}`;
}

function emitValidator(declaration: ArtifactDeclaration): string {
  const { External, Code: source } = Code(declaration.schema);
  const variables = External.variables.map((value) => {
    if (value instanceof RegExp) return namesIn(value) ?? String(value);
    throw new Error(`${declaration.name}: cannot emit ${typeof value}`);
  });
  const prefix = declaration.name[0]!.toLowerCase() + declaration.name.slice(1);
  // A set is asked for members by another name than a pattern.
  const isNames = External.variables.map((value) => namesIn(value) !== undefined);
  const checks = source
    .split('\n')
    .filter((line) => line.startsWith('const check_'))
    .join('\n')
    .replace(/External\[(\d+)\]\.test\(/g, (found, at) => {
      return isNames[Number(at)] === true ? found.replace('.test(', '.has(') : found;
    })
    .replaceAll('External[', `${prefix}External[`)
    .replaceAll('check_', `${prefix}Check`)
    .replaceAll('Guard.CodePointCount(', 'codePointCount(');
  if (/\b(Guard|Hashing|External)\b/.test(checks)) {
    throw new Error(`${declaration.name}: validator needs the schema library at run time`);
  }
  const external = `const ${prefix}External = [${variables.join(', ')}];`;
  const { name } = declaration;
  const body = `export function is${name}(value: unknown): value is ${name} {
  return ${prefix}Check0(value);
}`;
  return `${external}\n${checks}\n/** ${declaration.source} */\n${body}\n`;
}

/**
 * What members an object may have: the library asks a pattern of all names for each, which takes
 * longer than to look it up. Undefined for any other pattern.
 */
function namesIn(value: unknown): string | undefined {
  if (!(value instanceof RegExp)) return undefined;
  const [, inside] = /^\((\^\w+\$(?:\|\^\w+\$)*)\)$/.exec(value.source) ?? [];
  const names = inside?.split('|').map((each) => each.slice(1, -1));
  return names && `new Set(${JSON.stringify(names)})`;
}

/** JSON Schema 2020-12 of one artifact. */
export function emitSchema(declaration: ArtifactDeclaration): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: declaration.name,
    description: declaration.summary,
    'x-class': declaration.artifactClass,
    'x-source': declaration.source,
    ...JSON.parse(JSON.stringify(declaration.schema)),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Language-neutral vectors: one JSON object a line, `{artifact, valid, value, why?}`. */
export function emitVectors(artifacts: readonly ArtifactDeclaration[]): string {
  const lines = artifacts.flatMap(({ name, examples, refused }) => [
    ...examples.map((value) => ({ artifact: name, valid: true, value })),
    ...refused.map(({ why, value }) => ({ artifact: name, valid: false, why, value })),
  ]);
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** The reference page: one section per artifact. */
export function emitReference(artifacts: readonly ArtifactDeclaration[]): string {
  const sections = artifacts.map((each) => {
    const rows = fieldRows(each.schema as SchemaNode);
    const example = JSON.stringify(each.examples[0], null, 2);
    return [
      `## ${each.name}`,
      `*${each.artifactClass}; ${each.source}; schema: \`protocol/schemas/${each.name}.json\`*`,
      each.summary,
      ['| field | type | required |', '|---|---|---|', ...rows].join('\n'),
      `\`\`\`json\n${example}\n\`\`\``,
    ].join('\n\n');
  });
  const intro = '# Artifacts\n\nEmitted by `npm run generate`. Fields are snake_case: signed data.';
  return `${[intro, ...sections].join('\n\n')}\n`;
}

type SchemaNode = {
  type?: string;
  pattern?: string;
  const?: unknown;
  anyOf?: SchemaNode[];
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  required?: string[];
};

function fieldRows(schema: SchemaNode): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(
    ([name, node]) => `| \`${name}\` | ${typeText(node)} | ${required.has(name) ? 'yes' : ''} |`,
  );
}

function typeText(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.anyOf) return node.anyOf.map(typeText).join(' or ');
  if (node.type === 'array') return `list of ${typeText(node.items ?? {})}`;
  if (node.type === 'object') {
    const names = Object.keys(node.properties ?? {});
    return names.length > 0 ? `{ ${names.join(', ')} }` : 'object';
  }
  if (node.type === 'string' && node.pattern?.startsWith('^sha256:')) return 'digest';
  if (node.type === 'string' && node.pattern?.startsWith('^(0|[1-9][0-9]{0,18}|')) {
    return '64-bit decimal string';
  }
  return node.type ?? 'any';
}
