import {
  type ContainerRuntimeClient,
  getContainerRuntimeClient,
  getReaper,
  LABEL_TESTCONTAINERS_SESSION_ID,
} from 'testcontainers';

/** A network of this run's containers. */
export interface RunNetwork {
  readonly name: string;
  /** For the names of its containers, by which they find one another: `<name>-kafka`. */
  hostOf(part: string): string;
  remove(): Promise<void>;
}

const hint =
  'Start Docker (or another engine that answers at DOCKER_HOST), and see that `docker info` answers. The same tests without one: npm test';

/** Meets the Docker engine. Throws with what to do where none answers. */
export async function meetEngine(): Promise<ContainerRuntimeClient> {
  try {
    return await getContainerRuntimeClient();
  } catch (error) {
    throw new Error(`No Docker engine answers: ${error instanceof Error ? error.message : error}\n${hint}`, {
      cause: error,
    });
  }
}

/** Makes a network whose containers publish their ports on 127.0.0.1 only. */
export async function openNetwork(engine: ContainerRuntimeClient, name: string): Promise<RunNetwork> {
  const reaper = await getReaper(engine);
  const network = await engine.network.create({
    Name: name,
    Driver: 'bridge',
    Options: { 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' },
    // Whatever becomes of this process, testcontainers' reaper removes what bears its label.
    Labels: { [LABEL_TESTCONTAINERS_SESSION_ID]: reaper.sessionId },
  });
  return { name, hostOf: part => `${name}-${part}`, remove: () => engine.network.remove(network) };
}
