import { decodeUtf8 } from '@ioi/basis';
import type { ListedTool, ToolAnswer } from '@ioi/drivers';
import type { ListKind, Upstream } from '@ioi/drivers/shell';
import type { JsonObject } from '@ioi/jsonrpc';
import { addOnName, type PackedFile, SKILL_FILE, type Skill, skillTool } from '@ioi/law';
import type { AddOnManifest } from '@ioi/protocol';

export type OfferedSkill = {
  readonly manifest: AddOnManifest;
  readonly skill: Skill;
  readonly files: readonly PackedFile[];
};

/** What a skill offers, in the words of MCP: a prompt, its files as resources, and a tool. */
export function shelfOfSkill({ manifest, skill, files }: OfferedSkill) {
  const name = addOnName(manifest);
  return {
    tools: [skillTool(manifest) as unknown as ListedTool],
    prompts: [{ name, description: skill.description }] as readonly JsonObject[],
    resources: files.map(
      ({ path }): JsonObject => ({ uri: uriOf(name, path), name: path, mimeType: typeOf(path) }),
    ),
    templates: [] as readonly JsonObject[],
  };
}

/** A skill in the shape of a server that is mounted. Nothing of it runs: it is text. */
export function skillUpstream(offered: OfferedSkill): Upstream {
  const { manifest, skill, files } = offered;
  const name = addOnName(manifest);
  const shelf = shelfOfSkill(offered);
  const texts = new Map(files.map(({ path, bytes }) => [path, decodeUtf8(bytes) ?? '']));
  const lists: Readonly<Record<ListKind, readonly JsonObject[]>> = {
    tools: shelf.tools,
    prompts: shelf.prompts,
    resources: shelf.resources,
    resource_templates: shelf.templates,
  };
  return {
    name,
    describe: async () => ({
      era: 'stateful',
      protocolVersion: 'skill',
      capabilities: { tools: {}, prompts: {}, resources: {} },
      serverInfo: { name, version: manifest.version },
    }),
    tools: async () => shelf.tools,
    list: async (kind) => ({ entries: lists[kind], leftOut: [] }),
    call: async ({ arguments: given }) => readFrom(texts, given),
    request: async ({ method, params }) => {
      if (method === 'prompts/get') {
        const content = { type: 'text', text: skill.words };
        const messages = [{ role: 'user', content }];
        return result({ description: skill.description, messages });
      }
      const path = files.find((file) => uriOf(name, file.path) === params['uri'])?.path;
      if (method !== 'resources/read' || path === undefined) {
        return notSent(`a skill has no ${method} of that`);
      }
      const [uri, text] = [uriOf(name, path), texts.get(path) ?? ''];
      return result({ contents: [{ uri, mimeType: typeOf(path), text }] });
    },
    quiet: async () => true,
    onNotice: () => () => {},
    forget: () => {},
    rootsChanged: () => {},
    diagnostics: () => '',
    close: async () => {},
  };
}

function readFrom(texts: ReadonlyMap<string, string>, given: JsonObject): ToolAnswer {
  const path = given['path'] ?? SKILL_FILE;
  const text = texts.get(String(path));
  if (text !== undefined) return result({ content: [{ type: 'text', text }] });
  const known = `there are ${[...texts.keys()].join(', ')}`;
  const said = `skill.no_file: this skill has no such file; ${known}`;
  return result({ isError: true, content: [{ type: 'text', text: said }] });
}

function uriOf(name: string, path: string): string {
  return `skill://${name}/${path}`;
}

function typeOf(path: string): string {
  return path.endsWith('.md') ? 'text/markdown' : 'text/plain';
}

function result(value: JsonObject): ToolAnswer {
  return { kind: 'result', result: value };
}

function notSent(reason: string): ToolAnswer {
  return { kind: 'not_sent', reason };
}
