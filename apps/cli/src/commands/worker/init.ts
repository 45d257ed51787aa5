import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SDK_FOLDER } from '@ioi/law';
import { PYTHON_SDK } from '@ioi/python';
import { TYPESCRIPT_SDK } from '@ioi/sdk';
import {
  WORKER_TEMPLATES,
  workerFilesFrom,
  workerName,
} from '../../core/worker-templates/index.ts';
import { type Command, textOption } from '../../shell/context.ts';
import { messageOf, usageFault } from '../../shell/fault.ts';

/** `ioi worker init DIR --language L --template T`: a worker that runs, with its SDK beside it. */
export const workerInit: Command = async ({ output }, [path = ''], options) => {
  const language = textOption(options, 'language') ?? 'python';
  if (language !== 'python' && language !== 'typescript') {
    throw usageFault(`--language takes python or typescript, not ${language}`);
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
  makeEmpty(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const sdk = fileURLToPath(language === 'python' ? PYTHON_SDK : TYPESCRIPT_SDK);
  const filter = (source: string): boolean => basename(source) !== '__pycache__';
  cpSync(sdk, join(folder, SDK_FOLDER), { recursive: true, filter });
  const made = [...Object.keys(files), `${SDK_FOLDER}/`];
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
