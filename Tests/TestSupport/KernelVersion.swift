import Foundation

/// The version of a kernel without its patch level, such as 6.12.
public struct KernelVersion: Comparable, CustomStringConvertible, Sendable {
    /// That of the kernel that runs.
    public static let running = KernelVersion(
        (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "")

    private let numbers: [Int]

    /// Takes the first two numbers of a text such as `6.12.117+deb12-cloud-amd64`.
    public init(_ text: String) {
        numbers = text.split(separator: ".", maxSplits: 2).prefix(2).map {
            Int($0.prefix { $0.isNumber }) ?? 0
        }
    }

    /// `6.12`.
    public var description: String { numbers.map(String.init).joined(separator: ".") }

    /// By number, so that 6.12 is later than 6.3.
    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }
}
