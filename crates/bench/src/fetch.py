"""One run of a peer of the benchmark `fetch`: curl or aria2c, on the addresses of a file, into a folder.

Prints seconds, peak memory in MiB and what came; ends with 3 where the program is not there.
"""

import os
import resource
import shutil
import subprocess
import sys
import time

side, addresses, folder = sys.argv[1:4]
if shutil.which(side) is None:
    sys.exit(3)
os.makedirs(folder)
with open(addresses) as file:
    urls = file.read().split()
names = [f"{number}.txt" for number in range(len(urls))]
config = os.path.join(folder, "config")
with open(config, "w") as file:
    for url, name in zip(urls, names):
        if side == "curl":
            file.write(f'url = "{url}"\noutput = "{os.path.join(folder, name)}"\n')
        else:
            file.write(f"{url}\n  out={name}\n")
if side == "curl":
    command = ["curl", "--parallel", "--parallel-max", "64", "--silent", "--show-error", "--fail", "--config", config]
else:
    command = ["aria2c", "--quiet", "--input-file", config, "--dir", folder, "--max-concurrent-downloads", "64"]
    command += ["--max-connection-per-server", "16", "--file-allocation", "none"]
begun = time.monotonic()
subprocess.run(command, check=True)
seconds = time.monotonic() - begun
came = sum(os.path.isfile(os.path.join(folder, name)) for name in names)
assert came == len(urls), f"{came} of {len(urls)} came"
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{seconds:.3f} {peak:.0f} {came} documents")
