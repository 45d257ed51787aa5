import {
  allKnown,
  type Fields,
  fieldsIn,
  objectsIn,
  schemaIn,
  textIn,
  type Unsaid,
} from './fields.ts';
import type { OwnTool, Tool } from './neutral.ts';

/** The tools of one question, and by what names its program knows them. */
export type OwnTools = {
  readonly tools: readonly Tool[];
  readonly own: ReadonlyMap<string, OwnTool>;
};

type Found = OwnTool & { readonly tool: Tool };

/** Elsewhere a tool has one name: that of its namespace stands before its own. */
export function nameInSpace(name: string, namespace: string): string {
  if (namespace === '') return name;
  return namespace.endsWith('__') ? `${namespace}${name}` : `${namespace}__${name}`;
}

/** Functions, those of a namespace, and tools that take a text: none that a provider runs. */
export function ownToolsIn(given: unknown, unsaid: Unsaid): OwnTools {
  const all = objectsIn(given, 'tools', unsaid).flatMap((each, at) => {
    return foundIn(each, `tools/${at} `, unsaid);
  });
  const own = new Map<string, OwnTool>();
  for (const { tool, ...known } of all) {
    if (own.has(tool.name)) unsaid.note(`a second tool ${tool.name}`);
    own.set(tool.name, known);
  }
  return { tools: all.map(({ tool }) => tool), own };
}

function foundIn(tool: Fields, place: string, unsaid: Unsaid): readonly Found[] {
  const { type, name, description, tools } = tool;
  if (type === 'function') return [functionOf(tool, place, unsaid)];
  if (type === 'custom') return [freeOf(tool, place, unsaid)];
  if (type !== 'namespace') {
    unsaid.note(`${place}${textIn(type)}, which its provider runs,`);
    return [];
  }
  allKnown(tool, ['type', 'name', 'description', 'tools'], place, unsaid);
  const namespace = textIn(name);
  return objectsIn(tools, `${place}tools`, unsaid).map((each, at) => {
    const found = functionOf(each, `${place}tools/${at} `, unsaid);
    const about = [textIn(description), found.tool.description].filter((text) => text !== '');
    const full = nameInSpace(found.name, namespace);
    const named = { ...found.tool, name: full, description: about.join('\n\n') };
    return { ...found, namespace, tool: named };
  });
}

function functionOf(tool: Fields, place: string, unsaid: Unsaid): Found {
  const { name, description, parameters, strict, type } = tool;
  if (type !== 'function') unsaid.note(`${place}${textIn(type)}`);
  const known = ['type', 'name', 'description', 'parameters', 'strict', 'output_schema'];
  const isDeferred = tool['defer_loading'] === true;
  allKnown(tool, isDeferred ? known : [...known, 'defer_loading'], place, unsaid);
  return {
    name: textIn(name),
    tool: {
      name: textIn(name),
      description: textIn(description),
      schema: schemaIn(parameters, place, unsaid),
      isStrict: strict === true,
    },
  };
}

const FREE = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

/** The grammar of its text is told in words where no server holds an answer to it. */
function freeOf(tool: Fields, place: string, unsaid: Unsaid): Found {
  const { name, description, format } = tool;
  allKnown(tool, ['type', 'name', 'description', 'format'], place, unsaid);
  const { syntax, definition } = fieldsIn(format);
  const grammar = typeof definition === 'string' ? [`Its input (${syntax}):\n${definition}`] : [];
  const about = [textIn(description), ...grammar].filter((text) => text !== '');
  const named = { name: textIn(name), description: about.join('\n\n') };
  return { name: named.name, isFree: true, tool: { ...named, schema: FREE, isStrict: false } };
}
