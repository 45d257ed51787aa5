import { optional, type Parameter, text } from './declare.ts';

/** Of every list that may grow. */
export const nextCursor = optional(
  text('`cursor` of the next page, to be used as it is; absent on the last one.'),
);

export const CURSOR: Parameter = {
  summary: '`next_cursor` of the page before; what is added meanwhile moves nothing.',
};

export const PAGED = {
  limit: { schema: text('At most 1000; all there are unless told.') },
  cursor: CURSOR,
};
