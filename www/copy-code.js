// Buttons that copy the code beside them.

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(code);
      say(button, "Copied");
    } catch {
      // No secure page, or not allowed: then it is marked, for Ctrl+C.
      getSelection().selectAllChildren(button.parentElement.querySelector("code"));
      say(button, "Marked: copy it by Ctrl+C");
    }
  });
}

function say(button, text) {
  button.textContent = text;
  document.getElementById("announcer").textContent = text;
}
