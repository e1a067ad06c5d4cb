/// Other programs that set limits, kill or move processes, or route interrupts, by comm name.
enum CompetingPrograms {
    static let effects: [String: String] = [
        "systemd-oomd": "kills cgroups under memory pressure",
        "oomd": "kills cgroups under memory pressure",
        "earlyoom": "kills processes when memory runs out",
        "nohang": "kills processes when memory runs out",
        "lmkd": "kills processes when memory runs out",
        "senpai": "sets memory.high",
        "uresourced": "sets memory protections",
        "kubelet": "manages all limits below kubepods",
        "k3s-server": "manages all limits below kubepods",
        "dockerd": "sets the limits of its containers",
        "containerd": "sets the limits of its containers",
        "crio": "sets the limits of its containers",
        "libvirtd": "sets the limits of its virtual machines",
        "lxd": "sets the limits of its containers",
        "incusd": "sets the limits of its containers",
        "cgrulesengd": "moves processes into cgroups",
        "ananicy": "moves processes and sets weights",
        "ananicy-cpp": "moves processes and sets weights",
        "tuned": "moves processes and sets CPU affinities",
        "irqbalance": "distributes interrupts over all CPUs, including those of pinned cgroups",
    ]
}
