internal import CLinux

/// How this program was built.
package enum BuildFacts {
    /// The revision of the sources; `unknown` if `CGWARDEN_REVISION` was not set for the build.
    package static let revision = unsafe String(cString: cgw_revision())

    /// The version of the Swift compiler.
    package static let swiftVersion: String = {
        #if compiler(>=6.5)
        "6.5 or later"
        #elseif compiler(>=6.4)
        "6.4"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }()
}
