import type { Digest } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';

type Parameter = RuntimeToolContract['parameters'][number];
type Written = Pick<
  RuntimeToolContract,
  'tool' | 'schema_hash' | 'target' | 'effect' | 'parameters' | 'facts' | 'postconditions'
> & { readonly output_bytes: number };

const READ = ['prim:fs.read'];
const WRITE = ['prim:fs.write'];
const SMALL = 1_048_576;
/** Whole files come back, and images as base64. */
const LARGE = 8_388_608;

const PATH: Parameter = { argument: 'path', parameter: 'path', kind: 'path' };
const PATHS: Parameter = { argument: 'paths', parameter: 'paths', kind: 'path_list' };
const CONTENT: Parameter = { argument: 'content', parameter: 'content', kind: 'content' };
const EDITS: Parameter = { argument: 'edits', parameter: 'edits', kind: 'content' };
const SOURCE: Parameter = { argument: 'source', parameter: 'source', kind: 'path' };
const DESTINATION: Parameter = {
  argument: 'destination',
  parameter: 'destination',
  kind: 'path',
};

const PATH_ONLY: Digest = 'sha256:fc64d952de15bbe83e841a79d32385e4708e9758079b84dd233e485ce3c34720';
const PATH_AND_ENDS: Digest =
  'sha256:d035cd0c9ce05f046ecb5eefa5c6c6c355c96b198cd00824c3a9e0dd91aa89b8';

const MANY_PATHS: Digest =
  'sha256:725ce07791beba80842b7322c0bfece72ba66b4ff3c3dfecf74f3401ce9d125e';

/**
 * The 14 tools of `@modelcontextprotocol/server-filesystem` 2026.8.31. What they do was read in
 * its source: `write_file` replaces the whole file by rename, `move_file` refuses an existing
 * destination, `edit_file` may match by white space and so cannot be repeated blindly.
 */
export const filesystemContracts: readonly RuntimeToolContract[] = [
  reading('read_file', 'fs::read', PATH_AND_ENDS),
  reading('read_text_file', 'fs::read', PATH_AND_ENDS),
  reading('read_media_file', 'fs::read', PATH_ONLY),
  reading('read_multiple_files', 'fs::read', MANY_PATHS, PATHS),
  reading('list_directory', 'fs::list', PATH_ONLY),
  reading(
    'list_directory_with_sizes',
    'fs::list',
    'sha256:8d6f5d6dcaa186f44c30e5d278419c2559f6032a3455fc3fdbe4865910b35941',
  ),
  reading(
    'directory_tree',
    'fs::list',
    'sha256:99ea8d9c9e9241d82937687caaa04b622eff094f2ba194cd7c8ee3e43dc6ed9c',
  ),
  reading(
    'search_files',
    'fs::search',
    'sha256:5b5a1eaeb940a6cfdd01f018784754be5204da54959a26b19ee5d00231636cc1',
  ),
  reading('get_file_info', 'fs::stat', PATH_ONLY),
  written({
    tool: 'write_file',
    schema_hash: 'sha256:ce17c85e8a5883552a11555f9b893de497fadab965a5c7935c0cb8f3c55b91d6',
    target: 'fs::write',
    effect: 'idempotent',
    parameters: [PATH, CONTENT],
    facts: ['target_exists', 'workspace_root'],
    postconditions: ['content_matches'],
    output_bytes: SMALL,
  }),
  written({
    tool: 'edit_file',
    schema_hash: 'sha256:88459ef670b139a12a3e0335ae0a4584dd892f60f45f565b545e1004d7565dd5',
    target: 'fs::write',
    effect: 'at_most_once',
    parameters: [PATH, EDITS],
    facts: ['target_exists', 'workspace_root'],
    postconditions: ['target_exists', 'output_present'],
    output_bytes: LARGE,
  }),
  written({
    tool: 'create_directory',
    schema_hash: PATH_ONLY,
    target: 'fs::mkdir',
    effect: 'idempotent',
    parameters: [PATH],
    facts: ['target_exists', 'workspace_root'],
    postconditions: ['target_exists'],
    output_bytes: SMALL,
  }),
  written({
    tool: 'move_file',
    schema_hash: 'sha256:621218ed9bc38b6cde9c6dc003583fb5778e5076bb28e25634b9070b33264682',
    target: 'fs::move',
    effect: 'at_most_once',
    parameters: [SOURCE, DESTINATION],
    facts: ['target_exists', 'workspace_root'],
    postconditions: ['target_exists', 'source_absent'],
    output_bytes: SMALL,
  }),
  {
    ...written({
      tool: 'list_allowed_directories',
      schema_hash: 'sha256:7a014b717a77aac971ea0ab5c0ff47bb13e6cae7ef9442d9dedb15ce36381b15',
      target: 'mcp::filesystem::list_allowed_directories',
      effect: 'read',
      parameters: [],
      facts: [],
      postconditions: ['output_present'],
      output_bytes: SMALL,
    }),
    rrsa_domain: 'unmapped',
  },
];

function reading(
  tool: string,
  target: string,
  schemaHash: Digest,
  parameter = PATH,
): RuntimeToolContract {
  return written({
    tool,
    schema_hash: schemaHash,
    target,
    effect: 'read',
    parameters: [parameter],
    facts: ['workspace_root'],
    postconditions: ['output_present'],
    output_bytes: LARGE,
  });
}

function written(given: Written): RuntimeToolContract {
  const { output_bytes, ...rest } = given;
  return {
    server: 'filesystem',
    version: '2026.8.31',
    primitive_capabilities: given.effect === 'read' ? READ : WRITE,
    authority_scopes: [],
    risk_class: 'low',
    secret_slots: [],
    rrsa_domain: 'filesystem',
    applicability_class: 'deterministic_local',
    limits: { timeout_ms: 30_000, output_bytes },
    ...rest,
  };
}
