export {
  clipped,
  clippedStart,
  preview,
  visible,
  widthOf,
} from '@ioi/law';
