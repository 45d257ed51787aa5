export {
  Database,
  DatabaseFormatFault,
  type DatabaseOptions,
  type OpenDatabase,
  openDatabase,
  type Row,
  type Value,
} from './database.ts';
export { InspectedFile } from './inspected-file.ts';
export { rowCheck } from './row-check.ts';
