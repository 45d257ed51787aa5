/** SHA-256 (FIPS 180-4); strings are hashed as their UTF-8. Both platforms answer alike. */
export function sha256(data: string | Uint8Array): Uint8Array;

/** The same, as 64 lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string;

/** The same of texts that come one after another. */
export function hashing(): { add(text: string): void; hex(): string };
