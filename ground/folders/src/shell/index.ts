export { openOnTheWay, ownerOf, type Tried, tryWalls, type Walls } from './account-walls.ts';
export {
  modeOf,
  OpenFolder,
  openParent,
  specialStampOf,
  stampOf,
  withParent,
} from './open-folder.ts';
