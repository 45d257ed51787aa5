export {
  modeOf,
  OpenFolder,
  openParent,
  specialStampOf,
  stampOf,
  withParent,
} from './open-folder.ts';
