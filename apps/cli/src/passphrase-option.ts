export const PASSPHRASE_FILE = '--passphrase-file <file>';
export const PASSPHRASE_ABOUT = 'read the passphrase from a file, or - for standard input';
