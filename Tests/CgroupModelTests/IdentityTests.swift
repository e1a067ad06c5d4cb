import CgroupModel
import Foundation
import Testing

@Suite struct IdentityTests {
    /// `Tests/Fixtures/identities.txt`: real shapes of paths with what they tell.
    private static let table: [(path: String, known: String)] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/identities.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.hasPrefix("/") }.compactMap { line in
            let parts = line.components(separatedBy: " | ")
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    }()

    @Test func tableOfPathsIsComplete() { #expect(Self.table.count > 90) }

    @Test(arguments: table)
    func identityIsParsedFromThePath(_ path: String, _ known: String) {
        #expect(Self.text(CgroupIdentity(CgroupPath(path))) == known)
    }

    private static func text(_ identity: CgroupIdentity) -> String {
        let fields: [(String, String?)] = [
            ("kind", identity.kind.rawValue), ("unit", identity.unit), ("slice", identity.slice),
            ("user", identity.user.map(String.init)), ("runtime", identity.runtime),
            ("id", identity.containerID), ("container", identity.container),
            ("podUID", identity.podUID), ("qos", identity.qos),
            // These are not in the path.
            ("image", identity.image), ("pod", identity.pod), ("namespace", identity.namespace),
            ("labels", identity.labels.isEmpty ? nil : "\(identity.labels)"),
        ]
        return fields.compactMap { name, value in value.map { "\(name)=\($0)" } }
            .joined(separator: " ")
    }

    /// A cgroup may have any name; none may bring the program down.
    @Test func arbitraryBytesAreAPath() {
        for byte in UInt8.min...UInt8.max {
            for name in [
                [byte], Array("docker-".utf8) + [byte], Array("kubepods-pod".utf8) + [byte],
                Array("systemd-nspawn@".utf8) + [byte] + Array(".service".utf8),
            ] {
                let path = CgroupPath(normalising: Array("/machine.slice/".utf8) + name)
                #expect(CgroupIdentity(path).containerID == nil)
            }
        }
    }

    @Test(arguments: [
        ("dev-disk-by\\x2duuid.swap", "dev-disk-by-uuid.swap"),
        ("caf\\xc3\\xa9.service", "café.service"),
        ("plain.service", "plain.service"), ("a\\x2", "a\\x2"), ("a\\x", "a\\x"), ("a\\", "a\\"),
        ("a\\xzz", "a\\xzz"), ("a\\x2D", "a\\x2D"), ("bell\\x07", "bell\\x07"),
        ("del\\x7f", "del\\x7f"), ("not-utf8\\xff", "not-utf8\\xff"), ("\\x5cx2d", "\\x2d"),
    ])
    func systemdEscapesAreDecoded(_ name: String, _ text: String) {
        #expect(UnitName.readable(name) == text)
    }
}
