package import Actuation
package import CgroupModel

/// The cgroups on hold, with the time left.
package enum HoldListing {
    /// Formats holds as the command prints them.
    package static func text(_ holds: [Hold]) -> String {
        if holds.isEmpty { return "no cgroup is on hold\n" }
        let now = Hold.now
        return LeftTable(
            holds.map { hold in
                let minutes = (hold.end - min(hold.end, now) + 59_999_999) / 60_000_000
                return [hold.path.description, "\(minutes) min left"]
            }
        ).text
    }

    /// Returns the output of `--release`; `wasHeld` is whether there was a hold.
    package static func released(_ path: CgroupPath, wasHeld: Bool) -> String {
        wasHeld ? "released \(path)\n" : "\(path) was not on hold\n"
    }
}
