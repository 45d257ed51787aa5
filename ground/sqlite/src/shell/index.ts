export { Database, DatabaseFormatFault, type DatabaseOptions, type Row } from './database.ts';
