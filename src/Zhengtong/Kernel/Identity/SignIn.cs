using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace Zhengtong.Kernel.Identity;

/// <summary>Opens a session in a cookie.</summary>
/// <param name="UserName">The account's name, 1 to 100 characters.</param>
/// <param name="Password">Its password, 1 to 200 characters.</param>
public sealed record SignInRequest([Required, StringLength(100)] string UserName, [Required, StringLength(200)] string Password);

internal static class SignIn
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/session", Handle).AllowAnonymous();

    /// <summary>Sign in with name and password.</summary>
    /// <response code="204">Signed in; the session is in the cookie.</response>
    /// <response code="401">kernel.sign-in-failed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(SignInRequest request, SignInManager<Officer> signIn)
    {
        var result = await signIn.PasswordSignInAsync(request.UserName, request.Password, isPersistent: false, lockoutOnFailure: true);
        return result.Succeeded ? TypedResults.NoContent() : KernelProblems.SignInFailed.Because();
    }
}
