/**
 * A sealed file: one line that says what it is, one line of JSON (`SealedHeader`), then frames. All
 * but the last frame seal `FRAME_BYTES`; place and header are bound to each.
 */
export const FRAME_BYTES = 65_536;
const TAG_BYTES = 16;
export const SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES;

/** What a file is sealed as: one kind does not open as another. */
export type SealedKind = {
  readonly noun: 'backup' | 'archive';
  readonly line: string;
  /** For which the key is encapsulated. */
  readonly purpose: string;
  /** What else its header says, in the clear. */
  readonly about?: ArchiveAbout;
};

/** What is sealed in an archive: the export, then parts one after the other, then their list. */
export type ArchiveAbout = {
  readonly archive_id: string;
  readonly bytes: number;
  readonly parts_bytes?: number;
  readonly list_bytes?: number;
};

/** In the clear: to whom it is sealed, and how its holder gets at the key. */
export type SealedHeader = {
  readonly did: string;
  readonly kem: { readonly x25519: string; readonly ml_kem_768: string };
  /** Base64, 16 bytes: the beginning of every frame's nonce. */
  readonly salt: string;
} & Partial<ArchiveAbout>;
