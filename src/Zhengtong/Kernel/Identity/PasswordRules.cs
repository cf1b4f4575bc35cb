using Microsoft.AspNetCore.Identity;

namespace Zhengtong.Kernel.Identity;

/// <summary>Refuses passwords that everybody tries first: what is left after taking out well-known words, rows of keys, years and the account's own name must still be 8 characters.</summary>
internal sealed class CommonPasswords : IPasswordValidator<Officer>
{
    // From lists of leaked passwords, Chinese ones first: short pieces, because long passwords of the lazy are made of them.
    private static readonly string[] Pieces =
    [
        "zhengtong", "woaini", "5201314", "1314520", "password", "passw0rd", "p@ssw0rd", "p@ssword", "administrator", "admin", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh",
        "zxcvbnm", "zxcvbn", "1qaz2wsx", "qazwsx", "1q2w3e4r", "q1w2e3r4", "iloveyou", "welcome", "letmein", "monkey", "dragon", "master", "sunshine", "princess", "superman",
        "abcdefgh", "abcdef", "abcd", "abc", "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "1234", "123", "987654321", "654321", "888888", "666666", "000000",
        "111111", "112233", "123321", "159357", "147258369", "zhengwu", "beijing", "shanxi", "shaanxi", "china", "zhongguo", "nihao", "changeme", "secret", "root", "test", "user",
        "2023", "2024", "2025", "2026", "2027",
    ];

    public Task<IdentityResult> ValidateAsync(UserManager<Officer> manager, Officer user, string? password)
    {
        var left = (password ?? "").ToLowerInvariant();
        if (user.UserName is { Length: >= 3 } name) { left = left.Replace(name.ToLowerInvariant(), "", StringComparison.Ordinal); }
        foreach (var piece in Pieces.OrderByDescending(p => p.Length)) { left = left.Replace(piece, "", StringComparison.Ordinal); }
        return Task.FromResult(left.Length >= 8 && left.Distinct().Count() >= 5 ? IdentityResult.Success
            : IdentityResult.Failed(new IdentityError { Code = "PasswordTooCommon", Description = Text.Of("kernel.password.common") }));
    }
}

/// <summary>What Identity refuses, in the reader's language.</summary>
internal sealed class IdentityWords : IdentityErrorDescriber
{
    public override IdentityError PasswordTooShort(int length) => Word(nameof(PasswordTooShort), Text.Of("kernel.password.short", length));

    public override IdentityError PasswordRequiresDigit() => Word(nameof(PasswordRequiresDigit), Text.Of("kernel.password.digit"));

    public override IdentityError PasswordRequiresLower() => Word(nameof(PasswordRequiresLower), Text.Of("kernel.password.lower"));

    public override IdentityError PasswordRequiresUpper() => Word(nameof(PasswordRequiresUpper), Text.Of("kernel.password.upper"));

    public override IdentityError PasswordMismatch() => Word(nameof(PasswordMismatch), Text.Of("kernel.password.wrong"));

    public override IdentityError InvalidUserName(string? userName) => Word(nameof(InvalidUserName), Text.Of("kernel.account.name-characters"));

    public override IdentityError DuplicateUserName(string userName) => Word(nameof(DuplicateUserName), Text.Of("kernel.user-name-taken"));

    private static IdentityError Word(string code, string words) => new() { Code = code, Description = words };
}
