import { homedir } from 'node:os';
import {
  type ImportedPolicy,
  importPermissions,
  printImported,
  type SourceProgram,
} from '@ioi/law';
import { importView } from '../core/import-view.ts';
import { type Command, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { namedFile, programs, usualFiles, whereabouts } from '../shell/permission-files.ts';
import { saveNew } from '../shell/save-new.ts';

/**
 * `ioi policy import [FILE...]`: a policy from what other programs were allowed. Shown; written
 * only with `--out`, over nothing that is there, and active only when its owner signs it.
 */
export const policyImport: Command = async ({ output, environment }, paths, options) => {
  const told = programOption(textOption(options, 'from'));
  const home = environment['HOME'] ?? homedir();
  const where = whereabouts(home, textOption(options, 'project') ?? process.cwd());
  const files =
    paths.length > 0
      ? paths.map((path) => namedFile(path, told, where))
      : usualFiles(told === undefined ? programs : [told], where);
  if (files.length === 0) throw usageFault('no permissions of another program were found');
  const imported = importPermissions(files);
  const text = printImported(imported, 'imported');
  for (const { file } of files) output.note(`read ${JSON.stringify(file)}`);
  for (const line of importView(imported)) output.note(line);
  output.say(text.trimEnd().split('\n'), summary(imported, text));
  const out = textOption(options, 'out');
  if (out !== undefined) saveNew(out, text);
  return undefined;
};

function programOption(given: string | undefined): SourceProgram | undefined {
  if (given === undefined) return undefined;
  const program = programs.find((each) => each === given);
  if (program === undefined) throw usageFault(`--from takes ${programs.join(', ')}`);
  return program;
}

function summary({ untranslated }: ImportedPolicy, policy: string): object {
  return {
    policy,
    untranslated: untranslated.map(({ decision, place, targets, reason }) => {
      return { decision, ...place, targets, reason };
    }),
  };
}
