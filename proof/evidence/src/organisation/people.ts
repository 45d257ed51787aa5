/** Where servers with certificates listen. */
export const PORT = 443;

/** Who works for the organisation, as its provider says. */
export const GROUPS_OF: Readonly<Record<string, readonly string[]>> = {
  ada: ['audit'],
  otto: ['ops'],
};
