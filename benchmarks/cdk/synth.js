// Times `app.synth()` of a number of ECR repositories with lifecycle rules, policy and tags, 400 to a stack: CloudFormation takes 500.
const { App, Stack, Duration, Tags } = require("aws-cdk-lib");
const ecr = require("aws-cdk-lib/aws-ecr");
const iam = require("aws-cdk-lib/aws-iam");

const count = Number(process.argv[2]);
const started = process.hrtime.bigint();
const app = new App({ outdir: process.argv[3] });
let stack;
for (let number = 0; number < count; number++) {
  if (number % 400 === 0) stack = new Stack(app, `stack-${number}`);
  const repository = new ecr.Repository(stack, `service-${number}`, {
    repositoryName: `shop/service-${number}`,
    imageTagMutability: ecr.TagMutability.IMMUTABLE,
    imageScanOnPush: true,
    lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(7) }],
  });
  repository.grantPull(new iam.AccountPrincipal("210987654321"));
  Tags.of(repository).add("team", `team-${number % 10}`);
}
app.synth();
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ seconds, peak_mib: process.resourceUsage().maxRSS / 1024 }));
