using System.Reflection;
using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;
using Microsoft.AspNetCore.Components;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Architecture;

/// <summary>docs/modules.md holds: a module uses of the others only what the table allows, and there only what they offer. The borders of one project are guarded here,
/// not by the compiler.</summary>
public sealed partial class ModuleRules
{
    private static readonly System.Reflection.Assembly Program = typeof(Platform).Assembly;

    /// <summary>Loaded once: the program, and of the tests only the seeded violations.</summary>
    private static readonly Lazy<ArchUnitNET.Domain.Architecture> Loaded = new(() => new ArchLoader().LoadAssemblies(Program)
        .LoadNamespacesWithinAssembly(typeof(ModuleRules).Assembly, typeof(Zhengtong.Catalogue.Slices.SeededLeak).Namespace!, typeof(Zhengtong.Exchange.Slices.SeededReach).Namespace!).Build());

    /// <summary>Types that are components: pages may use the shared components of Web, whatever their module.</summary>
    private static readonly HashSet<string> Components = [.. Program.GetTypes().Where(typeof(IComponent).IsAssignableFrom).Select(t => t.FullName!)];

    [Fact]
    public void Program_EveryModule_UsesOnlyWhatTheTableAllows()
    {
        var subjects = Loaded.Value.Types.Where(t => t.Assembly.Name.StartsWith("zhengtong", StringComparison.Ordinal) && ModuleOf(t.FullName) is not null).ToList();
        subjects.Select(t => ModuleOf(t.FullName)).Distinct().Count().ShouldBe(Table().Count);
        subjects.Count.ShouldBeGreaterThan(100);
        Violations(subjects).ShouldBeEmpty("Ask the other module's Lookup, or move the rule to the module that owns the data. The table is docs/modules.md.");
    }

    [Theory]
    [InlineData(nameof(Zhengtong.Catalogue.Slices.SeededLeak), "db.Agreements")]
    [InlineData(nameof(Zhengtong.Catalogue.Slices.SeededLeak), "Agreement")]
    [InlineData(nameof(Zhengtong.Exchange.Slices.SeededReach), "RegisterResource")]
    [InlineData(nameof(Zhengtong.Exchange.Slices.SeededReach), "db.Resources")]
    public void Program_SeededViolation_IsFound(string seed, string what)
    {
        var subjects = Loaded.Value.Types.Where(t => t.Name.Split('+', '/')[0] == seed || t.FullName.Contains($".{seed}", StringComparison.Ordinal)).ToList();
        subjects.ShouldNotBeEmpty();
        Violations(subjects).ShouldContain(v => v.Contains(what));
    }

    internal static IReadOnlyDictionary<string, string[]> Table() => Row().Matches(Repository.Read("docs", "modules.md"))
        .Where(m => m.Groups[1].Value != "module")
        .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries).Where(n => n is not ("-" or "")).ToArray());

    private static IReadOnlyList<string> Violations(IEnumerable<IType> subjects)
    {
        var table = Table();
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in subjects)
        {
            var home = ModuleOf(type.FullName)!;
            foreach (var dependency in type.Dependencies)
            {
                var target = dependency.Target.FullName;
                if (dependency is MethodCallDependency { TargetMember: { } member } && EntityOf(target, member.Name) is { } entity && ModuleOf(entity.FullName!) is { } owner)
                {
                    // Another module's table, through the context that all share; the Kernel's tables are everybody's.
                    if (owner != home && owner != "Kernel") { found.Add($"{type.FullName} reads db.{member.Name.Split('(')[0]["get_".Length..]}, a table of {owner}"); }
                }

                if (ModuleOf(target) is not { } other || other == home || (other == "Web" && IsComponent(type.FullName))) { continue; }
                if (!table.TryGetValue(home, out var allowed) || !allowed.Contains(other)) { found.Add($"{type.FullName} uses {target}: {home} may not use {other}"); }
                else if (other is not ("Kernel" or "Web") && !IsOffered(other, target)) { found.Add($"{type.FullName} uses {target}: of {other} only its Lookup and Model are offered"); }
            }
        }

        return [.. found];
    }

    private static System.Type? EntityOf(string target, string member) =>
        target != typeof(ZhengtongDb).FullName || !member.StartsWith("get_", StringComparison.Ordinal) ? null
        : typeof(ZhengtongDb).GetProperty(member.Split('(')[0]["get_".Length..], BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)?.PropertyType is { IsGenericType: true } set
            ? set.GetGenericArguments()[0] : null;

    private static bool IsOffered(string module, string type)
    {
        var rest = type[$"Zhengtong.{module}.".Length..];
        return rest.StartsWith("Model.", StringComparison.Ordinal)
            || (!rest.Contains('.') && !rest.EndsWith("Module", StringComparison.Ordinal) && !rest.EndsWith("Problems", StringComparison.Ordinal));
    }

    private static bool IsComponent(string type) => Components.Contains(type) || Components.Any(c => type.StartsWith(c + "+", StringComparison.Ordinal) || type.StartsWith(c + "/", StringComparison.Ordinal));

    /// <summary>Null for the program's own root, for migrations and for what is not ours.</summary>
    private static string? ModuleOf(string type) => Module().Match(type) is { Success: true } m && m.Groups[1].Value is not ("Migrations" or "Demonstration" or "Tests") ? m.Groups[1].Value : null;

    [GeneratedRegex(@"^Zhengtong\.([A-Z]\w+)\.")]
    private static partial Regex Module();

    [GeneratedRegex(@"^\| (\w+) \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
