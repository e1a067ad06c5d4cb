// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

// What `cgwarden_build_info` names. make sets it for the programs that it installs and publishes; other
// builds do not depend on the commit.
let revision = Context.environment["CGWARDEN_REVISION"].map { $0.filter(\.isHexDigit) } ?? ""

// The modules import strictly downward; LayeringTests holds the table.
let package = Package(
    name: "cgwarden",
    products: [.executable(name: "cgwarden", targets: ["cgwarden"])],
    traits: [
        .trait(name: "Systemd", description: "Tell systemd when a service is ready (libsystemd)."),
        .trait(name: "TUI", description: "The live terminal view of `cgwarden top` (ncursesw)."),
        .trait(name: "Exporter", description: "The Prometheus exporter (swift-nio)."),
        .default(enabledTraits: ["Systemd", "TUI", "Exporter"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "cgwarden",
            dependencies: [
                "CgroupModel", "KernelIO", "Hierarchy", "History", "Configuration", "LiveView",
                "Actuation", "PolicyLanguage", "Policy", "Enforcement", "Events", "Causes",
                "Suggest", "Reports", "Service",
                .target(name: "Exporter", condition: .when(traits: ["Exporter"])),
                .target(name: "WebClient", condition: .when(traits: ["Exporter"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Service",
            dependencies: [
                "CgroupModel", "KernelIO", "Hierarchy", "History", "Configuration", "Actuation",
                "PolicyLanguage", "Policy", "Enforcement", "Events", "Causes", "Suggest",
                "Reports",
                .target(name: "Exporter", condition: .when(traits: ["Exporter"])),
                .target(name: "Webhook", condition: .when(traits: ["Exporter"])),
                .target(name: "WebClient", condition: .when(traits: ["Exporter"])),
                .target(name: "CSystemd", condition: .when(traits: ["Systemd"])),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Reports",
            dependencies: [
                "CgroupModel", "KernelIO", "Hierarchy", "History", "Configuration", "LiveView",
                "Actuation", "PolicyLanguage", "Policy", "Enforcement", "Events", "Causes",
                "Suggest",
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "LiveView",
            dependencies: [
                "History", "Causes", "CgroupModel",
                .target(name: "CNcurses", condition: .when(traits: ["TUI"])),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Exporter",
            dependencies: [
                "Events", "Configuration", "KernelIO", "Causes", "CgroupModel",
                .product(name: "Logging", package: "swift-log"),
                .product(
                    name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOSSL", package: "swift-nio-ssl",
                    condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOEmbedded", package: "swift-nio",
                    condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOExtras", package: "swift-nio-extras",
                    condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOHTTPCompression", package: "swift-nio-extras",
                    condition: .when(traits: ["Exporter"])),
            ],
            resources: [
                .embedInCode("Page/page.html"), .embedInCode("Page/page.css"),
                .embedInCode("Page/page.js"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Webhook",
            dependencies: [
                "Enforcement", "PolicyLanguage", "Policy", "KernelIO",
                .target(name: "WebClient", condition: .when(traits: ["Exporter"])),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "WebClient",
            dependencies: [
                .product(
                    name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOSSL", package: "swift-nio-ssl",
                    condition: .when(traits: ["Exporter"])),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Actuation",
            dependencies: [
                "Hierarchy", "KernelIO", "CgroupModel", "CLinux",
                .target(name: "CSystemd", condition: .when(traits: ["Systemd"])),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "History",
            dependencies: [
                "KernelIO", "CgroupModel",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Enforcement",
            dependencies: [
                "Policy", "PolicyLanguage", "Actuation", "Hierarchy", "KernelIO", "CgroupModel",
                "CLinux",
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "Policy", dependencies: ["PolicyLanguage", "CgroupModel"],
            exclude: ["README.md"], swiftSettings: swiftSettings),
        .target(
            name: "Events", dependencies: ["Hierarchy", "KernelIO", "CgroupModel"],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "PolicyLanguage", dependencies: ["Configuration", "CgroupModel"],
            swiftSettings: swiftSettings),
        .target(
            name: "Hierarchy",
            dependencies: ["KernelIO", "CgroupModel"],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "KernelIO", dependencies: ["CgroupModel", "CLinux"], exclude: ["README.md"],
            swiftSettings: swiftSettings),
        .target(name: "Causes", dependencies: ["CgroupModel"], swiftSettings: swiftSettings),
        .target(name: "Suggest", dependencies: ["CgroupModel"], swiftSettings: swiftSettings),
        .target(name: "CgroupModel", swiftSettings: swiftSettings),
        .target(
            name: "Configuration", dependencies: ["CgroupModel", "CYAML"],
            swiftSettings: swiftSettings),
        // libcrypt checks the passwords of the web configuration.
        .target(
            name: "CLinux",
            cSettings: [
                .define("CGWARDEN_REVISION", to: revision.isEmpty ? "unknown" : revision)
            ], linkerSettings: [.linkedLibrary("crypt")]),
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncursesw5-dev"])]),
        .systemLibrary(name: "CSystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "TestSupport",
            dependencies: ["CgroupModel", "KernelIO", "Hierarchy", "CLinux"],
            path: "Tests/TestSupport",
            swiftSettings: swiftSettings
        ),
        // Writes histories and recordings, for tests that kill it and for Tests/Performance.
        .executableTarget(
            name: "historywriter",
            dependencies: ["History", "KernelIO", "CgroupModel", "TestSupport"],
            path: "Tests/HistoryWriter", swiftSettings: swiftSettings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CgroupModel", "KernelIO", "Hierarchy", "Configuration", "PolicyLanguage",
                "History", "Actuation", "Exporter", "Events", "TestSupport",
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: swiftSettings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CausesTests", dependencies: ["Causes", "CgroupModel", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "SuggestTests", dependencies: ["Suggest", "CgroupModel", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CgroupModelTests", dependencies: ["CgroupModel", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "ExporterTests",
            dependencies: [
                "Exporter", "Events", "Configuration", "KernelIO", "CgroupModel", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(
                    name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Exporter"])),
            ],
            exclude: ["Golden"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "WebhookTests",
            dependencies: [
                "Webhook", "WebClient", "Enforcement", "PolicyLanguage", "KernelIO",
                .product(
                    name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Exporter"])),
                .product(
                    name: "NIOSSL", package: "swift-nio-ssl",
                    condition: .when(traits: ["Exporter"])),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "WebClientTests", dependencies: ["WebClient", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EventsTests",
            dependencies: ["Events", "Hierarchy", "KernelIO", "CgroupModel", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "HierarchyTests",
            dependencies: ["Hierarchy", "KernelIO", "CgroupModel", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "KernelIOTests",
            dependencies: ["KernelIO", "CgroupModel", "CLinux", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CgroupModel", "Hierarchy", "KernelIO", "Configuration", "Events", "LiveView",
                "Actuation", "Reports", "Service", "TestSupport", "cgwarden",
            ],
            exclude: ["Golden", "Scenarios/Policies", "Tenant/attack.pl", "raw_compare.py"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "ActuationTests",
            dependencies: [
                "Actuation", "Hierarchy", "KernelIO", "CgroupModel", "TestSupport",
                .target(name: "CSystemd", condition: .when(traits: ["Systemd"])),
            ],
            swiftSettings: swiftSettings),
        .testTarget(name: "LayeringTests", swiftSettings: swiftSettings),
        .testTarget(
            name: "ManualTests",
            dependencies: [
                "CgroupModel", "Causes", "Events", "PolicyLanguage", "TestSupport", "cgwarden",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "HistoryTests",
            dependencies: ["History", "KernelIO", "CgroupModel", "TestSupport", "historywriter"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EnforcementTests",
            dependencies: [
                "Enforcement", "Policy", "PolicyLanguage", "Configuration", "Actuation",
                "Hierarchy",
                "KernelIO", "CgroupModel", "TestSupport",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PolicyTests",
            dependencies: [
                "Policy", "PolicyLanguage", "Configuration", "CgroupModel", "TestSupport",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "LiveViewTests",
            dependencies: ["LiveView", "Causes", "CgroupModel", "TestSupport"],
            exclude: ["Golden"], swiftSettings: swiftSettings),
    ]
)

// libFuzzer's program, which nothing else needs: `make fuzz`.
if Context.environment["CGWARDEN_FUZZ"] != nil {
    package.targets += [
        .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "CFuzzer"], path: "Tests/Fuzz/Driver",
            swiftSettings: swiftSettings),
    ]
}
