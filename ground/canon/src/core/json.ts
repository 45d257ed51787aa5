/** What a JSON text means (RFC 8259), once it is known to be I-JSON (RFC 7493). */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
