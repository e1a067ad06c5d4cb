package import CgroupModel
package import Reports

extension CauseReport.Policies {
    /// The longest wait for the daemon, which may hang.
    private static let patience = Duration.seconds(1)

    /// Asks the daemon for its policies on a cgroup, if one runs and this user may ask it.
    package init(on path: CgroupPath, asJSON: Bool) {
        do {
            self = .known(
                try ControlClient.ask(
                    ["explain", path.controlWord] + (asJSON ? ["json"] : []),
                    within: Self.patience))
        } catch {
            self = .unknown((error as? CgwardenError)?.message ?? "\(error)")
        }
    }
}
