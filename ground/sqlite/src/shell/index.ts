export {
  Database,
  DatabaseFormatFault,
  type DatabaseOptions,
  type Row,
  type Value,
} from './database.ts';
