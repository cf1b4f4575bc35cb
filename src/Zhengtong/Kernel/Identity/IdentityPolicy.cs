namespace Zhengtong.Kernel.Identity;

/// <summary>How sessions and accounts are guarded; configuration section <c>Identity</c>.</summary>
/// <param name="SecondFactorForAdministrators">The three administrators act only in a session opened with a second factor. Default true, false in the demonstration.</param>
/// <param name="IdleTime">A session without a request for so long ends. <c>IdleMinutes</c>, default 30.</param>
/// <param name="Failures">Wrong passwords or codes in a row before the account locks. Default 5.</param>
/// <param name="LockTime">How long it then stays locked. <c>LockMinutes</c>, default 15.</param>
/// <param name="TokenTime">Life of an access token. <c>TokenMinutes</c>, default 30.</param>
internal sealed record IdentityPolicy(bool SecondFactorForAdministrators, TimeSpan IdleTime, int Failures, TimeSpan LockTime, TimeSpan TokenTime)
{
    internal static IdentityPolicy Of(IConfiguration configuration, Deployment deployment)
    {
        var section = configuration.GetSection("Identity");
        return new IdentityPolicy(
            section.GetValue("SecondFactorForAdministrators", !deployment.Demo),
            TimeSpan.FromMinutes(section.GetValue("IdleMinutes", 30)),
            section.GetValue("Failures", 5),
            TimeSpan.FromMinutes(section.GetValue("LockMinutes", 15)),
            TimeSpan.FromMinutes(section.GetValue("TokenMinutes", 30)));
    }
}
