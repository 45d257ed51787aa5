export { Database, DatabaseFormatFault, type DatabaseOptions, type Row } from './database.ts';
export { InspectedFile } from './inspected-file.ts';
