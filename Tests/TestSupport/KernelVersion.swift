import Foundation

/// The version of a kernel without its patch level, such as 6.12.
package struct KernelVersion: Comparable, CustomStringConvertible, Sendable {
    /// The version of the running kernel.
    package static let running = KernelVersion(
        (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "")

    private let numbers: [Int]

    /// Takes the first two numbers of a text such as `6.12.117+deb12-cloud-amd64`.
    package init(_ text: String) {
        numbers = text.split(separator: ".", maxSplits: 2).prefix(2).map {
            Int($0.prefix { $0.isNumber }) ?? 0
        }
    }

    /// `6.12`.
    package var description: String { numbers.map(String.init).joined(separator: ".") }

    /// By number, so that 6.12 is later than 6.3.
    package static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }
}
