export { OTHER_POLICY, OWN_POLICY, TimeAuthority } from './time-authority.ts';
