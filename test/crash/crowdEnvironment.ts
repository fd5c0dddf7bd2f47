/** Variables for a hub that a crowd of devices on one computer, with a few credentials, may connect to. */
export const crowdEnvironment = {
  MILLRACE_LIMITS: [
    "connectionsFromLoopback=5000",
    "connectionsPerUser=5000",
    "connectsPerSecond=10000",
    "connectsPerSecondFromLoopback=10000",
  ].join(),
};
