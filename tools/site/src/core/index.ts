export { buildSite, type Site } from './build.ts';
