import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SDK_FOLDER } from '@ioi/law';
import { PYTHON_SDK } from '@ioi/python';
import { TYPESCRIPT_SDK } from '@ioi/sdk';
import {
  isWorkerLanguage,
  WORKER_TEMPLATES,
  type WorkerLanguage,
  workerFilesFrom,
  workerName,
} from '../../core/worker-templates/index.ts';
import { type Command, textOption } from '../../shell/context.ts';
import { messageOf, usageFault } from '../../shell/fault.ts';

const SDKS: Readonly<Partial<Record<WorkerLanguage, URL>>> = {
  python: PYTHON_SDK,
  typescript: TYPESCRIPT_SDK,
};

/** `ioi worker init DIR --language L --template T`: a worker that runs, with its SDK beside it. */
export const workerInit: Command = async ({ output }, [path = ''], options) => {
  const language = textOption(options, 'language') ?? 'python';
  if (!isWorkerLanguage(language)) {
    throw usageFault(`--language takes python, typescript, guest or wasm, not ${language}`);
  }
  const wanted = textOption(options, 'template') ?? 'count';
  const template = WORKER_TEMPLATES.get(wanted);
  if (template === undefined) {
    const known = [...WORKER_TEMPLATES.keys()].join(', ');
    throw usageFault(`--template takes one of ${known}, not ${wanted}`);
  }
  const folder = resolve(path);
  const name = workerName(basename(folder));
  const files = workerFilesFrom(template, language, name);
  if (files === undefined) throw usageFault(`there is no ${wanted} of --language ${language}`);
  makeEmpty(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const sdk = SDKS[language];
  if (sdk !== undefined) {
    const filter = (source: string): boolean => basename(source) !== '__pycache__';
    cpSync(fileURLToPath(sdk), join(folder, SDK_FOLDER), { recursive: true, filter });
  }
  const made = [...Object.keys(files), ...(sdk === undefined ? [] : [`${SDK_FOLDER}/`])];
  output.say([`made ${path}: ${made.join(', ')}`], { path: folder, name, language, files: made });
  return undefined;
};

/** Never into somebody's files. */
function makeEmpty(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) return;
  } catch (fault) {
    throw usageFault(`the folder was not made: ${messageOf(fault)}`);
  }
  throw usageFault(`${folder} is not empty`);
}
