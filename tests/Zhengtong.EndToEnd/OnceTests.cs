namespace Zhengtong.EndToEnd;

public sealed class OnceTests
{
    [Fact]
    public async Task RunOnce_EmbeddedDefaults_DoesTheMainJobAndEndsWithZero()
    {
        await using var run = ProgramProcess.Start("bash", Repository.PathOf("run"), "--once");
        (await run.EndAsync(TimeSpan.FromMinutes(6))).ShouldBe(0, run.Output);
        run.Output.ShouldContain("200,000");
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Repository.PathOf("artifacts")).FullName, "run-once.txt"), run.Output);
    }

    [Fact]
    public async Task RunOnce_DatabaseThatIsNotThere_EndsWithTheReason()
    {
        await using var run = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--database", "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Timeout=2");
        (await run.EndAsync(TimeSpan.FromMinutes(1))).ShouldBe(1);
        run.Output.ShouldContain("127.0.0.1:1");
    }
}
