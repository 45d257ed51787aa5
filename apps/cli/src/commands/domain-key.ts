import { tabbed, table } from '../core/columns.ts';
import { visible } from '../core/visible.ts';
import { type Command, listOption, textOption } from '../shell/context.ts';
import { keyIdOf, makeKeyFile, publicKeyIn } from '../shell/principal-key.ts';

const COLUMNS = [
  { title: 'KEY', most: 72 },
  { title: 'ALGORITHM', most: 26 },
  { title: 'MAY SPEAK', most: 60 },
  { title: 'LABEL', most: 40 },
];
const LIMIT = 1000;

type Principal = {
  readonly public_key: { readonly algorithm: string };
  readonly operations: readonly string[];
  readonly label?: string;
};

/** `ioi domain key new FILE`: a key of one's own, opened by its passphrase. */
export const keyNew: Command = async (context, [path = ''], options) => {
  const public_key = await makeKeyFile(context, path, options);
  const key_id = keyIdOf(public_key);
  const next = `next: ioi domain key add DOMAIN ${visible(path)} --operation 'objects/*'`;
  context.output.say([`made ${visible(path)}, ${key_id}`, next], { path, key_id, public_key });
  return undefined;
};

/** `ioi domain key add DOMAIN FILE --operation NAME …`: lets it speak; again replaces. */
export const keyAdd: Command = async ({ daemon, output }, [name = '', path = ''], options) => {
  const public_key = publicKeyIn(path);
  const named = listOption(options, 'operation');
  const operations = named.length === 0 ? ['objects/*'] : named;
  const label = textOption(options, 'label');
  const payload = { public_key, operations, ...(label === undefined ? {} : { label }) };
  await daemon.domains.submit(name, { operation: 'domain/principal.register', payload });
  const key_id = keyIdOf(public_key);
  output.say([`${key_id} may speak ${visible(operations.join(', '))}`], { key_id, operations });
  return undefined;
};

/** `ioi domain key revoke DOMAIN KEY`: from here on it speaks no more. */
export const keyRevoke: Command = async ({ daemon, output }, [name = '', key_id = '']) => {
  const request = { operation: 'domain/principal.revoke', payload: { key_id } };
  await daemon.domains.submit(name, request);
  output.say([`${visible(key_id)} speaks no more`], { key_id });
  return undefined;
};

/** `ioi domain key list DOMAIN` */
export const keyList: Command = async ({ daemon, output }, [name = '']) => {
  const page = await daemon.domains.objects(name, 'principal', { limit: LIMIT });
  const keys = page.objects.map(({ id, value }) => ({ key_id: id, ...(value as Principal) }));
  const rows = keys.map(({ key_id, public_key, operations, label = '' }) => {
    return [key_id, public_key.algorithm, operations.join(', '), label];
  });
  const lines = rows.length === 0 ? ['no key may speak here'] : table(COLUMNS, rows);
  output.say(output.plain ? tabbed(rows) : lines, { keys });
  return undefined;
};
