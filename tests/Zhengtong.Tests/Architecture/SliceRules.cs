using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Architecture;

/// <summary>One use case, one file. Slices are found in the program, not listed.</summary>
public sealed partial class SliceRules(PlatformFixture platform)
{
    private static readonly Assembly Program = typeof(Platform).Assembly;

    [Fact]
    public void Slices_Each_HasMapAndHandleAndSaysItsOutcomes()
    {
        var slices = SlicesOf(Program.GetTypes());
        slices.Count.ShouldBeGreaterThan(3);
        slices.SelectMany(Faults).ShouldBeEmpty();
    }

    [Fact]
    public void Slices_Seeded_AreFound()
    {
        var seeds = SlicesOf([typeof(SeededSlice), typeof(SeededHandless)]);
        seeds.Count.ShouldBe(2);
        var faults = seeds.SelectMany(Faults).ToList();
        faults.ShouldContain("SeededSlice: Handle returns IResult; return Results<...> or one typed result, so that its outcomes can be read");
        faults.ShouldContain("SeededHandless: no Handle");
        faults.ShouldContain("SeededSlice: no file SeededSlice.cs");
    }

    [Fact]
    public void Slices_Each_StandsAloneInAFileOfItsName()
    {
        var files = Repository.Files("src/Zhengtong", "*.cs").Select(f => (Name: Path.GetFileNameWithoutExtension(f), Slices: SlicesIn(File.ReadAllText(f)))).Where(f => f.Slices.Count > 0).ToList();
        files.Count.ShouldBeGreaterThan(3);
        files.Where(f => f.Slices.Count > 1 || f.Slices[0] != f.Name).Select(f => $"{f.Name}.cs holds {string.Join(", ", f.Slices)}").ShouldBeEmpty("One use case, one file, of one name");
    }

    [Fact]
    public void SlicesIn_SeededFileOfTwo_FindsBoth() => SlicesIn("""
        internal static class One { internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/", Handle); }
        internal static class Two { internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/", Handle); }
        """).ShouldBe(["One", "Two"]);

    [Fact]
    public void Endpoints_OfTheApi_AreSlicesWithPublicUniquelyNamedRequests()
    {
        var endpoints = Api.EndpointsOf(platform);
        endpoints.Count.ShouldBeGreaterThan(3);
        endpoints.SelectMany(EndpointFaults).ShouldBeEmpty();
        var bodies = endpoints.Select(Api.BodyOf).OfType<Type>().Distinct().ToList();
        bodies.Count.ShouldBeGreaterThan(1);
        bodies.SelectMany(b => BodyFaults(b, Program.GetTypes())).ShouldBeEmpty();
    }

    [Fact]
    public void Endpoints_Seeded_AreFound()
    {
        var builder = WebApplication.CreateSlimBuilder();
        var app = builder.Build();
        app.MapGet("/api/v1/seeded", () => "handled in Program");
        var endpoint = ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>().Single();
        EndpointFaults(endpoint).ShouldNotBeEmpty();
        BodyFaults(typeof(SeededSlice.SeededRequest), [typeof(SeededSlice.SeededRequest), typeof(Twin.SeededRequest)]).Count().ShouldBe(2);
    }

    [Fact]
    public void Program_IsOneLineAndMapsNothing()
    {
        var text = Repository.Read("src", "Zhengtong", "Program.cs");
        text.Split('\n').Length.ShouldBeLessThan(60);
        Mapping().IsMatch(text).ShouldBeFalse();
        Mapping().IsMatch(Repository.Read("src", "Zhengtong", "Platform.cs")).ShouldBeFalse();
        Mapping().IsMatch("app.MapGet(\"/\", () => 1);").ShouldBeTrue();
    }

    private static List<Type> SlicesOf(IEnumerable<Type> types) =>
        [.. types.Where(t => t is { IsAbstract: true, IsSealed: true } && t.GetMethod("Map", BindingFlags.Static | BindingFlags.NonPublic, [typeof(IEndpointRouteBuilder)]) is not null)];

    private static IEnumerable<string> Faults(Type slice)
    {
        var handlers = slice.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public).Where(m => m.Name.StartsWith("Handle", StringComparison.Ordinal) || typeof(IResult).IsAssignableFrom(Answer(m))).ToList();
        if (handlers.Count == 0) { yield return $"{slice.Name}: no Handle"; }
        if (slice.IsPublic) { yield return $"{slice.Name}: is public; internal static class"; }
        if (!SourceFiles.Contains(slice.Name)) { yield return $"{slice.Name}: no file {slice.Name}.cs"; }
        foreach (var handle in handlers)
        {
            var result = Answer(handle);
            // An export is a file beside a page, outside the API's description.
            if (slice.Name.StartsWith("Export", StringComparison.Ordinal)) { continue; }
            if (result == typeof(IResult) || !typeof(IResult).IsAssignableFrom(result)) { yield return $"{slice.Name}: Handle returns {result.Name}; return Results<...> or one typed result, so that its outcomes can be read"; }
        }
    }

    private static Type Answer(MethodInfo handle) => handle.ReturnType is { IsGenericType: true } type && type.GetGenericTypeDefinition() is var d && (d == typeof(Task<>) || d == typeof(ValueTask<>))
        ? type.GetGenericArguments()[0] : handle.ReturnType;

    private static readonly HashSet<string> SourceFiles = [.. Repository.Files("src/Zhengtong", "*.cs").Select(f => Path.GetFileNameWithoutExtension(f))];

    private static List<string> SlicesIn(string source) => [.. StaticClass().Matches(source).Where(m =>
    {
        var end = StaticClass().Match(source, m.Index + m.Length);
        return source[m.Index..(end.Success ? end.Index : source.Length)].Contains("static void Map(IEndpointRouteBuilder", StringComparison.Ordinal);
    }).Select(m => m.Groups[1].Value)];

    private static IEnumerable<string> EndpointFaults(RouteEndpoint endpoint)
    {
        var slice = endpoint.Metadata.GetMetadata<MethodInfo>()?.DeclaringType;
        if (slice is null || SlicesOf([slice]).Count == 0) { yield return $"{endpoint.DisplayName}: is handled in {slice?.Name ?? "?"}, which is no slice (static class with Map and Handle)"; }
    }

    private static IEnumerable<string> BodyFaults(Type body, IEnumerable<Type> all)
    {
        if (!body.IsVisible) { yield return $"{body.Name}: make it public; an internal request is not described"; }
        if (all.Count(t => t.Name == body.Name) > 1) { yield return $"{body.Name}: another type has this name; the description would hold one of them"; }
    }

    private static class Twin
    {
        internal sealed record SeededRequest;
    }

    [GeneratedRegex(@"^\s*(?:internal|public) static class (\w+)", RegexOptions.Multiline)]
    private static partial Regex StaticClass();

    [GeneratedRegex(@"\.Map(Get|Post|Put|Patch|Delete|Methods)\(")]
    private static partial Regex Mapping();
}

/// <summary>The API as the running platform maps it.</summary>
internal static class Api
{
    internal static List<RouteEndpoint> EndpointsOf(PlatformFixture platform) => [.. platform.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText?.TrimStart('/').StartsWith("api/v1", StringComparison.Ordinal) == true && e.Metadata.GetMetadata<MethodInfo>() is not null)
        .OrderBy(e => e.RoutePattern.RawText, StringComparer.Ordinal)];

    internal static Type? BodyOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType;

    internal static string MethodOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
}
