package import Actuation
package import CgroupModel
package import Hierarchy
internal import PolicyLanguage
internal import Reports

/// The values of a cgroup that the daemon manages, for a command that is about to change it.
package struct DaemonClaims {
    private let path: CgroupPath
    private let system: SystemRoot
    private let claims: [ClaimLines.Claim]
    private let trouble: String?

    /// The longest wait for the daemon, which may hang.
    private static let patience = Duration.seconds(1)

    /// Asks the daemon for its claims, if one runs and this user may ask it.
    package init(on path: CgroupPath, in set: HierarchySet) {
        self.path = path
        system = set.system
        do {
            let answer = try ControlClient.ask(
                ["claims", path.controlWord], within: Self.patience)
            claims = ClaimLines.claims(answer)
            trouble = nil
        } catch {
            claims = []
            let failure = error as? CgwardenError
            let isSilent = failure?.status == .temporaryFailure
            trouble =
                isSilent
                ? "the daemon does not respond, so it is unknown whether a rule manages \(path)"
                : nil
        }
    }

    /// Returns notes on the claims to the values that the command writes.
    ///
    /// With `isHeld`, the notes say that the daemon resets the values only when the hold ends.
    package func notes(on cells: [ControlCell], isHeld: Bool = false) -> [String] {
        var notes = trouble.map { [$0] } ?? []
        for claim in claims {
            guard let key = claim.key, let limit = key.limit,
                cells.contains(where: {
                    limit.touches($0, instance: key.instance, on: system)
                })
            else { continue }
            let managed = "\(key) of \(path) is managed by \(claim.origin)"
            notes.append("\(managed): \(Self.consequence(claim.reaction, path, isHeld))")
        }
        return notes
    }

    /// The notes for a command that ends a freeze or acts on a frozen cgroup.
    package var notesOnFreeze: [String] {
        var notes = trouble.map { [$0] } ?? []
        for claim in claims where claim.key == nil {
            notes.append(
                "\(path) was frozen by \(claim.origin), which may freeze it again; prevent "
                    + "that: cgwarden hold \(path.shellWord) 1h")
        }
        return notes
    }

    private static func consequence(
        _ reaction: DriftReaction?, _ path: CgroupPath, _ isHeld: Bool
    ) -> String {
        switch reaction {
        case .reapply, nil:
            isHeld
                ? "it will be reset when the hold ends"
                : "it will be reset; prevent that: cgwarden hold \(path.shellWord) 1h"
        case .report: "the daemon reports the change and keeps it"
        case .yield: "the daemon will stop managing it"
        }
    }
}
