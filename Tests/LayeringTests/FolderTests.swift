import Testing

/// The folders of a module use each other in one direction, as modules do.
@Suite struct FolderTests {
    @Test(arguments: LayeringTests.own.keys.sorted())
    func foldersOfAModuleFormNoCircle(module: String) throws {
        let files = try LayeringTests.files().filter { $0.module == module }
        #expect(!files.isEmpty)
        #expect(FolderGraph(files).circle == [])
    }

    /// ARCHITECTURE.md lists the folders of the larger modules, lowest first.
    @Test func foldersAreUsedInTheOrderOfTheDocument() throws {
        let text = try DocumentTests.text("ARCHITECTURE.md")
        let rows = text.matches(of: /(?m)^\| `(\w+)` \| ([^|]*) \|$/)
        #expect(rows.count >= 10)
        for row in rows {
            let files = try LayeringTests.files().filter { $0.module == row.1 }
            let order = row.2.matches(of: /`(\w+)`/).map { String($0.1) }
            #expect(Set(order) == Set(files.map(\.folder)).subtracting([""]), "\(row.1)")
            for (folder, used) in FolderGraph(files).uses {
                guard let place = order.firstIndex(of: folder) else { continue }
                for (other, example) in used {
                    let isLower = order.firstIndex(of: other).map { $0 < place } ?? true
                    #expect(isLower, "\(example)")
                }
            }
        }
    }

    @Test func largeModulesHaveFolders() throws {
        let flat = Dictionary(grouping: try LayeringTests.files()) { "\($0.module)/\($0.folder)" }
        for (folder, files) in flat where folder.hasSuffix("/") {
            #expect(files.count <= 30, "\(folder)")
        }
    }

    @Test func circularFolderReferenceIsFound() {
        let graph = FolderGraph([
            SwiftSource(path: "M/A/One.swift", lines: ["struct One {", "    var two: Two?", "}"]),
            SwiftSource(path: "M/B/Two.swift", lines: ["struct Two {}"]),
            SwiftSource(path: "M/B/More.swift", lines: ["extension Two { var one: [One] { [] } }"]),
        ])
        #expect(graph.circle == ["M/A/One.swift uses Two", "M/B/More.swift uses One"])
    }

    @Test func namesInCommentsTextAndMembersAreNoUses() {
        let lines = [
            "#if Two", "/// See Two.", "let a = \"Two\" // Two", "let b = Other.Two", "#endif",
            "let c = \"\"\"", "    Two", "    \"\"\"",
        ]
        let file = SwiftSource(path: "M/A/One.swift", lines: lines)
        #expect(file.used == ["let", "a", "b", "c", "Other"])
    }

    /// The formatter checks only what is public.
    ///
    /// An initializer that only stores its parameters has nothing to say.
    @Test func everyPackageDeclarationHasADocComment() throws {
        for file in try LayeringTests.files() {
            #expect(file.undocumented == [], "\(file.path)")
        }
    }

    @Test func aMissingDocCommentIsFound() {
        let lines = [
            "package import A", "/// The thing.", "@frozen", "package struct Thing {",
            "    package var size: Int", "    package init() {}", "}",
        ]
        let file = SwiftSource(path: "M/Thing.swift", lines: lines)
        #expect(file.undocumented == ["    package var size: Int"])
    }
}
