/** Of a stream. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
