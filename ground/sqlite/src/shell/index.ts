export {
  Database,
  DatabaseFormatFault,
  type DatabaseOptions,
  type OpenDatabase,
  openDatabase,
  type Row,
} from './database.ts';
export { rowCheck } from './row-check.ts';
