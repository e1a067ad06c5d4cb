internal import CgroupModel

/// The security label of a process, from `/proc/PID/attr/current`.
package enum SecurityLabel: Hashable, Sendable {
    /// An AppArmor profile and its mode; `unconfined` has no mode.
    case appArmor(profile: String, mode: String?)
    /// An SELinux context, such as `system_u:system_r:init_t:s0`.
    case seLinux(context: String)
    /// The label of another module, such as Smack.
    case other(String)
    /// Reading fails with EINVAL or returns nothing: no active security module labels processes.
    case noModule
    /// The kernel has no such file.
    case absent
    /// Permission to read the file was denied.
    case notPermitted
    /// The process is gone.
    case gone

    private static let appArmorModes: Set<String> = [
        "enforce", "complain", "kill", "unconfined", "mixed", "prompt", "user",
    ]

    /// Parses the file; depending on the module it ends with a newline, a NUL or nothing.
    package init(parsing bytes: [UInt8]) {
        let isEnd: (UInt8) -> Bool = { $0 == 0 || $0 == UInt8(ascii: "\n") }
        let used = bytes[..<(bytes.lastIndex { !isEnd($0) }.map { $0 + 1 } ?? 0)]
        let label = PrintableText.text(used)
        if label.isEmpty {
            self = .noModule
        } else if label == "unconfined" {
            self = .appArmor(profile: label, mode: nil)
        } else if let (profile, mode) = Self.profile(label) {
            self = .appArmor(profile: profile, mode: mode)
        } else if label.first != ":", label.count(where: { $0 == ":" }) >= 2 {
            self = .seLinux(context: label)
        } else {
            self = .other(label)
        }
    }

    /// The label as text; nil if there is none or it cannot be read.
    package var text: String? {
        switch self {
        case .appArmor(let profile, let mode): mode.map { "\(profile) (\($0))" } ?? profile
        case .seLinux(let context): context
        case .other(let label): label
        case .noModule, .absent, .notPermitted, .gone: nil
        }
    }

    /// Splits `profile (mode)`; the profile name may itself contain blanks and parentheses.
    private static func profile(_ label: String) -> (String, String)? {
        guard label.last == ")", let open = label.lastIndex(of: "("), open > label.startIndex else {
            return nil
        }
        let blank = label.index(before: open)
        let mode = String(label[label.index(after: open)...].dropLast())
        guard label[blank] == " ", appArmorModes.contains(mode) else { return nil }
        return (String(label[..<blank]), mode)
    }
}
