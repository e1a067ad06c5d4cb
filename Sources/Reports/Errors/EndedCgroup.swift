package import CgroupModel
package import Events
internal import KernelIO

/// The answer to a command about a cgroup that ended recently.
package struct EndedCgroup {
    private let path: CgroupPath
    private let death: Event

    /// Describes the end of a cgroup by its event of the kind `died`.
    package init(_ path: CgroupPath, _ death: Event) {
        self.path = path
        self.death = death
    }

    /// The error, with the time and, if known, the cause of the end.
    package var error: CgwardenError {
        let kills = death.number(.oomKills) ?? 0
        let cause = kills > 0 || death.word(.cause) == "oom-kill" ? " (OOM kill)" : ""
        let clock = CivilTime(local: death.time.wall).text.suffix(8)
        return CgwardenError(
            "\(path) ended at \(clock)\(cause): cgwarden events --cgroup \(path.shellWord)",
            .noInput)
    }
}
