/** For CDK apps of one's own: `new PackageIndex(this, 'Index', {...})`. */
export { EdgeDistribution, type EdgeDistributionProps, type IndexDomain } from './edge-distribution.ts';
export { PackageIndex, type PackageIndexProps } from './package-index.ts';
export { PackageIndexStack, type PackageIndexStackProps } from './package-index-stack.ts';
export { PageRepair, type PageRepairProps } from './page-repair.ts';
export { PublishingRights, type PublishingRightsProps } from './publishing-rights.ts';
export { RepositoryBucket, type RepositoryBucketProps } from './repository-bucket.ts';
export { parseSettings, SettingsError, type StackSettings } from './settings.ts';
