/// A part of the program that takes bytes from outside: fed with anything, it must neither end the
/// program nor contradict itself.
package struct FuzzTarget: Sendable {
    /// Runs a target on bytes; throws a ``FuzzFailure`` if an invariant fails.
    package enum Body: Sendable {
        case plain(@Sendable ([UInt8]) throws -> Void)
        case waiting(@Sendable ([UInt8]) async throws -> Void)
    }

    /// The name, also of the folder in `Tests/Fuzz/Corpus` with inputs to begin with.
    package let name: String
    /// The targets.
    package let body: Body
    /// Inputs to begin with that no file holds, since the program can write them itself.
    package let seeds: @Sendable () -> [[UInt8]]

    init(
        _ name: String, seeds: @escaping @Sendable () -> [[UInt8]] = { [] },
        _ check: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.seeds = seeds
        body = .plain(check)
    }

    init(waiting name: String, _ check: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.name = name
        seeds = { [] }
        body = .waiting(check)
    }

    /// Feeds some bytes.
    package func feed(_ bytes: [UInt8]) async throws {
        switch body {
        case .plain(let check): try check(bytes)
        case .waiting(let check): try await check(bytes)
        }
    }

    /// All of them.
    package static let all: [FuzzTarget] = kernelText + settings + history + journal + web
}

/// A violated invariant.
package struct FuzzFailure: Error, CustomStringConvertible {
    /// The expectation.
    package let description: String

    /// Throws unless `holds`.
    static func unless(_ holds: Bool, _ description: @autoclosure () -> String) throws {
        if !holds { throw FuzzFailure(description: description()) }
    }
}
